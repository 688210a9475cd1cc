"""The inner loops of `loupe_reduction.algorithms.pacmap`, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.compiled import compiled
from loupe_reduction.algorithms.draws_kernel import GOLDEN, counter_of, draw_below

DRAWS = 6
"""Points drawn for each mid-near pair, of which the second nearest is taken."""

ATTEMPTS = 8
"""Draws for one further pair before it is given up: among few points all others may be neighbours."""

KEEP_MEAN = np.float32(0.9)
KEEP_SQUARE = np.float32(0.999)
"""How much of the running mean of gradients, and of their squares, a step of Adam keeps."""

NEVER_ZERO = np.float32(1e-7)

BEYOND = np.float32(3e38)
"""More than any squared distance; infinity has no place in kernels that assume finite numbers."""

NEAR_CURVE = np.float32(10)
MID_CURVE = np.float32(10_000)


class Pairs(NamedTuple):
    """Which points pull and push each other."""

    near_rows: NDArray[np.int64]
    """Array (N + 1,), int64: where the near partners of each point begin. Each pair is there from both of its ends."""

    near: NDArray[np.int32]
    """Array, int32: near partners."""

    mid_rows: NDArray[np.int64]
    """Array (N + 1,), int64: so for mid-near ones."""

    mid: NDArray[np.int32]
    """Array, int32: mid-near partners."""

    far: NDArray[np.int32]
    """Array (N, F), int32: further partners, from one end only; -1 where none was found."""


class Step(NamedTuple):
    """One step of all points."""

    near: np.float32
    """Weight of near pairs."""

    mid: np.float32
    """Weight of mid-near pairs."""

    rate: np.float32
    """Length of a step, with Adam's correction for its start."""


@compiled
def draw_mid(
    first: int,
    last: int,
    values: NDArray[np.float32],
    seed: np.uint64,
    chosen: NDArray[np.int32],
) -> None:
    """Writes to the rows first..last-1 of `chosen`, array (N, M), int32, the mid-near partners of these points.

    Args:
        first: first point.
        last: point after the last one.
        values: array (N, P), float32, N >= 3.
        seed: of the draws.
        chosen: see above.
    """
    count = np.uint64(len(values))
    for point in range(first, last):
        draw = counter_of(seed, point)
        for place in range(chosen.shape[1]):
            nearest, second = BEYOND, BEYOND
            nearest_other, second_other = np.int64(-1), np.int64(-1)
            for _ in range(DRAWS):
                draw += GOLDEN
                other = draw_below(draw, count)
                if other in (point, nearest_other, second_other):
                    continue
                squared = np.float32(0)
                for axis in range(values.shape[1]):
                    gap = values[point, axis] - values[other, axis]
                    squared += gap * gap
                if squared < nearest:
                    second, second_other = nearest, nearest_other
                    nearest, nearest_other = squared, other
                elif squared < second:
                    second, second_other = squared, other
            if nearest_other < 0:
                # Only the point itself came up, which happens among a handful.
                nearest_other = np.int64((point + 1) % len(values))
            chosen[point, place] = second_other if second_other >= 0 else nearest_other


@compiled
def draw_far(
    first: int,
    last: int,
    near: NDArray[np.int32],
    seed: np.uint64,
    chosen: NDArray[np.int32],
) -> None:
    """Writes to the rows first..last-1 of `chosen`, array (N, F), int32, random points that are no near ones.

    Args:
        first: first point.
        last: point after the last one.
        near: array (N, K), int32: the near partners that each point chose.
        seed: of the draws.
        chosen: see above; -1 where none was found.
    """
    count = np.uint64(len(near))
    for point in range(first, last):
        draw = counter_of(seed, point)
        for place in range(chosen.shape[1]):
            chosen[point, place] = -1
            for _ in range(ATTEMPTS):
                draw += GOLDEN
                other = draw_below(draw, count)
                is_free = other != point
                for neighbour in range(near.shape[1]):
                    if near[point, neighbour] == other:
                        is_free = False
                if is_free:
                    chosen[point, place] = other
                    break


@compiled
def move_points(
    first: int,
    last: int,
    old: NDArray[np.float32],
    new: NDArray[np.float32],
    means: NDArray[np.float32],
    squares: NDArray[np.float32],
    pairs: Pairs,
    step: Step,
) -> None:
    """Moves the points first..last-1 from their `old` to their `new` places, once.

    Args:
        first: first point.
        last: point after the last one.
        old: array (N, 3), float32: where all points are; only read.
        new: array (N, 3), float32: rows first..last-1 are written.
        means: array (N, 3), float32: Adam's running means of gradients; rows first..last-1 are brought up to date.
        squares: array (N, 3), float32: so for their squares.
        pairs: which points pull and push each other.
        step: of all points alike.
    """
    one, two = np.float32(1), np.float32(2)
    for point in range(first, last):
        x, y, z = old[point, 0], old[point, 1], old[point, 2]
        gx, gy, gz = np.float32(0), np.float32(0), np.float32(0)
        for pair in range(pairs.near_rows[point], pairs.near_rows[point + 1]):
            other = pairs.near[pair]
            dx, dy, dz = x - old[other, 0], y - old[other, 1], z - old[other, 2]
            bent = NEAR_CURVE + one + dx * dx + dy * dy + dz * dz
            force = step.near * two * NEAR_CURVE / (bent * bent)
            gx += force * dx
            gy += force * dy
            gz += force * dz
        if step.mid > 0:
            for pair in range(pairs.mid_rows[point], pairs.mid_rows[point + 1]):
                other = pairs.mid[pair]
                dx, dy, dz = x - old[other, 0], y - old[other, 1], z - old[other, 2]
                bent = MID_CURVE + one + dx * dx + dy * dy + dz * dz
                force = step.mid * two * MID_CURVE / (bent * bent)
                gx += force * dx
                gy += force * dy
                gz += force * dz
        for place in range(pairs.far.shape[1]):
            other = pairs.far[point, place]
            if other < 0:
                continue
            dx, dy, dz = x - old[other, 0], y - old[other, 1], z - old[other, 2]
            bent = two + dx * dx + dy * dy + dz * dz
            # Twice the paper's: there each further pair pushes both of its ends, here the one that drew it.
            force = -two * two / (bent * bent)
            gx += force * dx
            gy += force * dy
            gz += force * dz
        for axis, gradient in enumerate((gx, gy, gz)):
            mean = KEEP_MEAN * means[point, axis] + (one - KEEP_MEAN) * gradient
            square = KEEP_SQUARE * squares[point, axis] + (one - KEEP_SQUARE) * gradient * gradient
            means[point, axis], squares[point, axis] = mean, square
            new[point, axis] = old[point, axis] - step.rate * mean / (np.sqrt(square) + NEVER_ZERO)
