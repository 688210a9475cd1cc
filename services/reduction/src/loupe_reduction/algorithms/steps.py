"""Moves points step by step, each by itself against the places of the step before.

So neither the number of threads nor their order changes a result, and the work can be stopped between two steps.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.early import Show
from loupe_reduction.algorithms.parallel import Progress, map_chunks

AXES = 3
"""The kernels always work in three dimensions: on a flat map the third stays exactly zero."""

CHUNK = 1024
"""Points moved by one call of a kernel."""

Places = NDArray[np.float32]

Move = Callable[[int, int, int, Places, Places], None]
"""Moves the points first..last-1 from their old to their new places: number of the step, first, last, old, new."""


def move_in_steps(
    start: Places, steps: int, move: Move, *, pool: ThreadPoolExecutor, progress: Progress, show: Show
) -> Places:
    """Returns the places after all steps: array (N, C), float32.

    Args:
        start: array (N, C), float32, C at most 3: the places to begin from.
        steps: number of steps, at least 1.
        move: moves some points once; places are arrays (N, 3).
        pool: where points are moved at the same time.
        progress: told after each step.
        show: shown the places after each step.
    """
    old = np.zeros((len(start), AXES), np.float32)
    old[:, : start.shape[1]] = start
    new = np.zeros_like(old)
    for number in range(steps):
        _step(number, move, old, new, pool)
        old, new = new, old
        progress((number + 1) / steps)
        show(old)
    return np.ascontiguousarray(old[:, : start.shape[1]])


def _step(number: int, move: Move, old: Places, new: Places, pool: ThreadPoolExecutor) -> None:
    map_chunks(lambda first, last: move(number, first, last, old, new), len(old), CHUNK, pool)
