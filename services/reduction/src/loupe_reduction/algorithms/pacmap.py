"""Pairwise controlled manifold approximation, repeatable on any number of threads.

Wang, Huang, Rudin, Shaposhnik: "Understanding how dimension reduction tools work: an empirical approach to deciphering
t-SNE, UMAP, TriMap, and PaCMAP for data visualization", JMLR 22, 2021, algorithm 1 and section 5: near, mid-near and
further pairs, three phases, Adam (Kingma, Ba: arXiv:1412.6980). Every point moves by itself against the places of the
step before, so each near and mid-near pair is kept from both of its ends; further pairs, which are drawn alike for all
points, are kept from one end and weigh twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.early import Show, no_show
from loupe_reduction.algorithms.neighbours import Neighbours
from loupe_reduction.algorithms.pacmap_kernel import Pairs, Step, draw_far, draw_mid, move_points
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress
from loupe_reduction.algorithms.steps import AXES, CHUNK, Places, move_in_steps

EXTRA_CANDIDATES = 50
"""Neighbours looked at beyond those wanted: distances are scaled by local density before the nearest are taken."""

MID_A_NEAR = 0.5
FAR_A_NEAR = 2
"""Mid-near and further pairs for each near one."""

START_SPREAD = 0.1
"""Largest coordinate of the places to begin from: small beside the curve of near pairs."""

_DENSITY = slice(3, 6)
"""Neighbours whose mean distance says how dense it is around a point: the fourth to the sixth."""


def optimise_pacmap(
    values: NDArray[np.float32],
    near: NDArray[np.int32],
    start: NDArray[np.float32],
    *,
    iterations: int,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
    show: Show = no_show,
) -> NDArray[np.float32]:
    """Returns the places of the points.

    Args:
        values: array (N, P), float32, N >= 3: the vectors along their main directions.
        near: array (N, K), int32: see `near_partners`.
        start: array (N, C), float32: the places to begin from; only their shape matters, not their size.
        iterations: steps of the three phases together, at least 9.
        seed: any number in [0, 2^64).
        threads: points moved at the same time.
        progress: told after each step.
        show: shown the places after each step.

    Returns:
        Array (N, C), float32.
    """
    small = start * np.float32(START_SPREAD / (float(np.abs(start).max()) or 1.0))
    means, squares = np.zeros((2, len(start), AXES), np.float32)
    with chunk_pool(threads) as pool:

        def spread(work: Callable[[int, int], None]) -> None:
            map_chunks(work, len(start), CHUNK, pool)

        mid = np.empty((len(start), max(1, round(near.shape[1] * MID_A_NEAR))), np.int32)
        far = np.empty((len(start), near.shape[1] * FAR_A_NEAR), np.int32)
        spread(lambda first, last: draw_mid(first, last, values, np.uint64(seed), mid))
        spread(lambda first, last: draw_far(first, last, near, ~np.uint64(seed), far))
        pairs = Pairs(*both_ends(near), *both_ends(mid), far)

        def move(number: int, first: int, last: int, old: Places, new: Places) -> None:
            move_points(first, last, old, new, means, squares, pairs, step_of(number, iterations))

        return move_in_steps(small, iterations, move, pool=pool, progress=progress, show=show)


def near_partners(candidates: Neighbours, neighbours: int) -> NDArray[np.int32]:
    """Returns the near partners of each point: array (N, K), int32.

    Squared distances are divided by how far apart the points around both ends are.

    Args:
        candidates: of N vectors, at least K each; see EXTRA_CANDIDATES.
        neighbours: K, at least 1.
    """
    near = candidates.distances[:, _DENSITY]
    # Among very few points there is no fourth neighbour: then the farthest says it.
    spacing = near.mean(axis=1) if near.shape[1] else candidates.distances[:, -1]
    spacing = np.maximum(spacing, np.float32(1e-10))
    chosen = np.empty((len(spacing), neighbours), np.int32)
    for first in range(0, len(spacing), CHUNK):
        part = slice(first, first + CHUNK)
        found = candidates.indices[part]
        scaled = candidates.distances[part] ** 2 / (spacing[part, None] * spacing[found])
        best = np.argsort(scaled, axis=1, kind="stable")[:, :neighbours]
        chosen[part] = np.take_along_axis(found, best, axis=1)
    return chosen


def both_ends(partners: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Returns each pair from both of its ends: where each point's partners begin, (N + 1,), int64, and they, int32."""
    count, width = partners.shape
    ends = partners.ravel()
    order = np.argsort(ends, kind="stable")
    incoming = np.bincount(ends, minlength=count)
    rows = np.zeros(count + 1, np.int64)
    np.cumsum(incoming + width, out=rows[1:])
    all_partners = np.empty(rows[-1], np.int32)
    own = (rows[:-1, None] + np.arange(width)).ravel()
    all_partners[own] = ends
    is_incoming = np.ones(len(all_partners), np.bool_)
    is_incoming[own] = False
    all_partners[is_incoming] = order // width
    return rows, all_partners


def step_of(number: int, iterations: int) -> Step:
    """Returns the weights of a step: a global start, then the balance, then the neighbourhoods alone."""
    phase = 2 * iterations // 9
    correction = np.sqrt(1.0 - 0.999 ** (number + 1)) / (1.0 - 0.9 ** (number + 1))
    if number < phase:
        done = number / phase
        near, mid = 2.0, 1000.0 * (1.0 - done) + 3.0 * done
    else:
        near, mid = (3.0, 3.0) if number < 2 * phase else (1.0, 0.0)
    return Step(np.float32(near), np.float32(mid), np.float32(correction))
