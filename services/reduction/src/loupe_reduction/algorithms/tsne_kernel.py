"""The forces of t-SNE, compiled.

Barnes: "A modified tree code: don't laugh; it runs", Journal of Computational Physics 87, 1990: neighbouring points
walk the tree together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.compiled import compiled
from loupe_reduction.algorithms.steps import AXES
from loupe_reduction.algorithms.tsne_tree import LEAF, Tree

OPENING = np.float32(0.25)
"""A cell is seen as one point when its squared side is below this share of the squared distance: the usual angle of
0.5. At that angle no cell that holds the point itself is ever seen as one point."""

GROUP = 64
"""Places that walk the tree together; a chunk of the work holds a whole number of them."""

SEEN = 4096
"""Room for what a group sees, at first."""


@compiled
def pull(
    first: int,
    last: int,
    positions: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float32],
    forces: NDArray[np.float32],
) -> None:
    """Writes the pull of its neighbours on the points first..last-1 to `forces`, array (N, 3), float32."""
    one = np.float32(1)
    for point in range(first, last):
        x, y, z = positions[point, 0], positions[point, 1], positions[point, 2]
        fx, fy, fz = np.float32(0), np.float32(0), np.float32(0)
        for tie in range(rows[point], rows[point + 1]):
            other = columns[tie]
            dx, dy, dz = positions[other, 0] - x, positions[other, 1] - y, positions[other, 2] - z
            force = weights[tie] / (one + dx * dx + dy * dy + dz * dz)
            fx += force * dx
            fy += force * dy
            fz += force * dz
        forces[point, 0], forces[point, 1], forces[point, 2] = fx, fy, fz


@compiled
def push_exact(
    first: int,
    last: int,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    z: NDArray[np.float32],
    forces: NDArray[np.float32],
) -> np.float64:
    """Writes the push of all others on the points first..last-1, not yet divided by the sum of closeness.

    Args:
        first: first point.
        last: point after the last one.
        x: array (N,), float32; so are `y` and `z`: the positions, one axis each.
        y: see `x`.
        z: see `x`.
        forces: array (N, 3), float32: rows first..last-1 are written.

    Returns:
        The closeness of these points to all others, 1 / (1 + d^2), added up.
    """
    one = np.float32(1)
    total = np.float64(0)
    for point in range(first, last):
        fx, fy, fz, close = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        px, py, pz = x[point], y[point], z[point]
        for other in range(len(x)):
            dx, dy, dz = px - x[other], py - y[other], pz - z[other]
            near = one / (one + dx * dx + dy * dy + dz * dz)
            close += near
            near *= near
            fx += near * dx
            fy += near * dy
            fz += near * dz
        forces[point, 0], forces[point, 1], forces[point, 2] = fx, fy, fz
        # The point is at distance 0 of itself and must not count.
        total += np.float64(close - one)
    return total


@compiled
def push_tree(
    begin: int,
    end: int,
    tree: Tree,
    forces: NDArray[np.float32],
) -> np.float64:
    """Does what `push_exact` does, for the places begin..end-1 of a tree, seeing far cells as one point.

    Neighbouring places look at the same cells: the tree is walked once for GROUP of them, and each is then compared
    with all that was seen in one loop over plain arrays, which the processor does for eight at a time.
    """
    one, zero = np.float32(1), np.float32(0)
    total = np.float64(0)
    seen = np.empty((4, SEEN), np.float32)
    for start in range(begin, end, GROUP):
        stop = min(start + GROUP, end)
        seen, count = see(start, stop, tree, seen)
        x, y, z, weights = seen[0], seen[1], seen[2], seen[3]
        for place in range(start, stop):
            px, py, pz = tree.points[place, 0], tree.points[place, 1], tree.points[place, 2]
            fx, fy, fz, close = zero, zero, zero, zero
            for other in range(count):
                dx, dy, dz = px - x[other], py - y[other], pz - z[other]
                near = one / (one + dx * dx + dy * dy + dz * dz)
                weighted = weights[other] * near
                close += weighted
                near *= weighted
                fx += near * dx
                fy += near * dy
                fz += near * dz
            target = tree.order[place]
            forces[target, 0], forces[target, 1], forces[target, 2] = fx, fy, fz
            # The point is at distance 0 of itself and must not count.
            total += np.float64(close - one)
    return total


@compiled
def see(start: int, stop: int, tree: Tree, seen: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """Lists the points and far cells that the places start..stop-1 of a tree are pushed by.

    Args:
        start: first place.
        stop: place after the last one.
        tree: over all points.
        seen: array (4, S), float32, to be written over.

    Returns:
        `seen` or a larger array, whose rows are the three axes and the weights, and how many of its columns count.
    """
    low, high = tree.points[start].copy(), tree.points[start].copy()
    for place in range(start + 1, stop):
        for axis in range(AXES):
            low[axis] = min(low[axis], tree.points[place, axis])
            high[axis] = max(high[axis], tree.points[place, axis])
    count, cell = 0, 0
    while cell < len(tree.skip):
        if count + LEAF > seen.shape[1]:
            larger = np.empty((4, 2 * seen.shape[1] + LEAF), np.float32)
            larger[:, :count] = seen[:, :count]
            seen = larger
        # From the nearest place where one of them may be: seen as one point only if it is far for all.
        squared = np.float32(0)
        for axis in range(AXES):
            at = tree.centre[cell, axis]
            away = max(np.float32(0), low[axis] - at, at - high[axis])
            squared += away * away
        if tree.side_squared[cell] < OPENING * squared or tree.side_squared[cell] == 0:
            seen[0, count], seen[1, count], seen[2, count] = tree.centre[cell]
            seen[3, count] = np.float32(tree.last[cell] - tree.first[cell])
            count += 1
            cell = tree.skip[cell]
        elif tree.leaf[cell]:
            for other in range(tree.first[cell], tree.last[cell]):
                seen[0, count], seen[1, count], seen[2, count] = tree.points[other]
                seen[3, count] = np.float32(1)
                count += 1
            cell = tree.skip[cell]
        else:
            cell += 1
    return seen, count
