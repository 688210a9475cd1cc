"""The inner loop of `loupe_reduction.algorithms.layout`, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.compiled import compiled
from loupe_reduction.algorithms.draws_kernel import GOLDEN, counter_of, draw_below, mix

LIMIT = np.float32(4.0)
"""Largest step along one axis, as in the reference of the paper: two points on one spot must not fly apart."""

NEAR = np.float32(0.001)
"""Keeps the push between two points on one spot finite."""

PULL = np.float32(4.0)
"""Twice the paper's 2: there each tie moves both of its ends, here every point moves only itself."""

PUSH = np.float32(2.0)


class Ties(NamedTuple):
    """Which points pull on each other: E of them, sorted by the point that they move."""

    rows: NDArray[np.int64]
    """Array (N + 1,), int64: where the ties of each point begin."""

    columns: NDArray[np.int32]
    """Array (E,), int32: the other end of each tie."""

    chances: NDArray[np.uint64]
    """Array (E,), uint64, in (0, 2^32): share of the passes in which the tie pulls, times 2^32."""


class Step(NamedTuple):
    """One pass over all points."""

    rate: np.float32
    """Length of a step, falling from 1 to 0."""

    epoch: int
    """Number of the pass, from 0."""

    negative_samples: int
    """Random points to be pushed from for each pull."""

    seed: np.uint64
    """Of all random choices."""


@compiled
def clip(step: np.float32) -> np.float32:
    """Returns the step within [-LIMIT, LIMIT]."""
    return min(max(step, -LIMIT), LIMIT)


@compiled
def move_points(
    first: int,
    last: int,
    old: NDArray[np.float32],
    new: NDArray[np.float32],
    ties: Ties,
    step: Step,
) -> None:
    """Moves the points first..last-1 from their `old` to their `new` places, once.

    Args:
        first: first point.
        last: point after the last one.
        old: array (N, 3), float32: where all points are; only read.
        new: array (N, 3), float32: rows first..last-1 are written.
        ties: which points pull on each other.
        step: of all points alike.
    """
    count = np.uint64(len(old))
    one = np.float32(1.0)
    base = mix(step.seed + GOLDEN * np.uint64(step.epoch + 1))
    spread = np.uint64(2654435769)
    whole = np.uint64(0xFFFFFFFF)
    passes = np.uint64(step.epoch)
    for point in range(first, last):
        x, y, z = old[point, 0], old[point, 1], old[point, 2]
        draw = counter_of(base, point)
        for tie in range(ties.rows[point], ties.rows[point + 1]):
            # Fixed-point phase of the tie, modulo 1: it pulls when the phase passes a whole number in this pass.
            # Each tie starts at its own phase, so the pulls of one pass are a fair share of all.
            phase = (np.uint64(tie) * spread + ties.chances[tie] * passes) & whole
            if phase + ties.chances[tie] <= whole:
                continue
            other = ties.columns[tie]
            dx, dy, dz = old[other, 0] - x, old[other, 1] - y, old[other, 2] - z
            force = PULL / (one + dx * dx + dy * dy + dz * dz)
            x += step.rate * clip(force * dx)
            y += step.rate * clip(force * dy)
            z += step.rate * clip(force * dz)
            for _ in range(step.negative_samples):
                draw += GOLDEN
                other = draw_below(draw, count)
                if other == point:
                    continue
                dx, dy, dz = x - old[other, 0], y - old[other, 1], z - old[other, 2]
                squared = dx * dx + dy * dy + dz * dz
                force = PUSH / ((NEAR + squared) * (one + squared))
                x += step.rate * clip(force * dx)
                y += step.rate * clip(force * dy)
                z += step.rate * clip(force * dz)
        new[point, 0], new[point, 1], new[point, 2] = x, y, z
