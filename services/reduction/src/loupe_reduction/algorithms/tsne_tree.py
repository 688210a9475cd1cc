"""The tree that lets t-SNE see far points as one heavier point.

Barnes, Hut: "A hierarchical O(N log N) force-calculation algorithm", Nature 324, 1986. The cells are kept as a flat
list in depth-first order: the cell after a cell is its first child, and `skip` leads past all that lies in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.compiled import compiled
from loupe_reduction.algorithms.steps import AXES

LEVELS = 20
"""Halvings of the map along each axis; points nearer than a millionth of its extent share a cell."""

LEAF = 4
"""Cells with no more points than this are not divided."""


class Tree(NamedTuple):
    """Cells over N points, T of them."""

    order: NDArray[np.int64]
    """Array (N,), int64: points in the order of the curve that visits the cells."""

    points: NDArray[np.float32]
    """Array (N, 3), float32: positions in that order."""

    centre: NDArray[np.float32]
    """Array (T, 3), float32: mean of the points of each cell."""

    side_squared: NDArray[np.float32]
    """Array (T,), float32: squared side of each cell; 0 for cells of the last level."""

    first: NDArray[np.int64]
    """Array (T,), int64: first point of each cell, as a place in `order`."""

    last: NDArray[np.int64]
    """Array (T,), int64: the place after its last point."""

    skip: NDArray[np.int64]
    """Array (T,), int64: the cell that follows when this one is not opened."""

    leaf: NDArray[np.bool_]
    """Array (T,), bool: whether the cell has no children."""


def build_tree(positions: NDArray[np.float32], before: NDArray[np.int64], dimensions: int) -> Tree:
    """Builds the cells over the points.

    Args:
        positions: array (N, 3), float32, N >= 1.
        before: array (N,), int64: the order of a tree over about the same positions, which makes sorting quick.
        dimensions: 2 or 3: number of axes that are used.
    """
    low = positions.min(axis=0)
    extent = float((positions.max(axis=0) - low).max()) or 1.0
    codes = interleave(positions[before], low, np.float32((2**LEVELS - 1) / extent), dimensions)
    sorting = np.argsort(codes, kind="stable")
    order = before[sorting]
    codes = codes[sorting]
    points = positions[order]
    bounds = divide(codes, dimensions)
    first, last = bounds[:, 0], bounds[:, 1]
    sides = np.where(bounds[:, 3] >= LEVELS, 0.0, np.ldexp(extent, -bounds[:, 3]))
    leaf = bounds[:, 2] == np.arange(len(bounds)) + 1
    return Tree(order, points, means(points, bounds), (sides**2).astype(np.float32), first, last, bounds[:, 2], leaf)


@compiled
def means(points: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
    """Returns the mean of the points of each cell: array (T, 3), float32.

    Args:
        points: array (N, 3), float32, in the order of the cells.
        bounds: array (T, 4), int64: see `divide`.
    """
    sums = np.zeros((len(points) + 1, 3), np.float64)
    for place in range(len(points)):
        for axis in range(AXES):
            sums[place + 1, axis] = sums[place, axis] + np.float64(points[place, axis])
    found = np.empty((len(bounds), 3), np.float32)
    for cell in range(len(bounds)):
        first, last = bounds[cell, 0], bounds[cell, 1]
        for axis in range(AXES):
            found[cell, axis] = np.float32((sums[last, axis] - sums[first, axis]) / np.float64(last - first))
    return found


@compiled
def interleave(
    positions: NDArray[np.float32], low: NDArray[np.float32], scale: np.float32, dimensions: int
) -> NDArray[np.uint64]:
    """Returns the Morton code of each point: array (N,), uint64, the bits of its axes in turns, highest first."""
    codes = np.zeros(len(positions), np.uint64)
    one = np.uint64(1)
    for point in range(len(positions)):
        x = np.uint64((positions[point, 0] - low[0]) * scale)
        y = np.uint64((positions[point, 1] - low[1]) * scale)
        z = np.uint64((positions[point, 2] - low[2]) * scale)
        code = np.uint64(0)
        for level in range(LEVELS - 1, -1, -1):
            bit = np.uint64(level)
            code = (code << one) | ((x >> bit) & one)
            code = (code << one) | ((y >> bit) & one)
            if dimensions == AXES:
                code = (code << one) | ((z >> bit) & one)
        codes[point] = code
    return codes


@compiled
def divide(codes: NDArray[np.uint64], dimensions: int) -> NDArray[np.int64]:
    """Cuts sorted codes into cells, depth first.

    Returns:
        Array (T, 4), int64: first place, place after the last, cell that follows, level. Cells that hold the same
        points as their only child are left out.
    """
    count = len(codes)
    cells = np.empty((2 * count, 4), np.int64)
    # Places and levels still to be cut, and the path of open cells above.
    waiting = np.empty((2**dimensions * (LEVELS + 1) + 1, 3), np.int64)
    waiting[0] = (0, count, 0)
    depth, made = 1, 0
    while depth > 0:
        depth -= 1
        first, last, level = waiting[depth]
        # Jump to the level at which the points of the cell part.
        different = codes[first] ^ codes[last - 1]
        while level < LEVELS and (different >> np.uint64(dimensions * (LEVELS - 1 - level))) == 0:
            level += 1
        cells[made] = (first, last, 0, level)
        made += 1
        if last - first <= LEAF or level == LEVELS:
            continue
        shift = np.uint64(dimensions * (LEVELS - 1 - level))
        end = last
        # The last child is put aside first, so that the first one comes next.
        while end > first:
            prefix = (codes[end - 1] >> shift) << shift
            start = first + np.searchsorted(codes[first:end], prefix)
            waiting[depth] = (start, end, level + 1)
            depth += 1
            end = start
    # A cell is followed by the next one that begins where it ends.
    for cell in range(made - 1, -1, -1):
        after = cell + 1
        while after < made and cells[after, 0] < cells[cell, 1]:
            after = cells[after, 2]
        cells[cell, 2] = after
    return cells[:made].copy()
