"""The forces of t-SNE, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.compiled import compiled
from loupe_reduction.algorithms.tsne_tree import Tree

OPENING = np.float32(0.25)
"""A cell is seen as one point when its squared side is below this share of the squared distance: the usual angle of
0.5. At that angle no cell that holds the point itself is ever seen as one point."""


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
    """Does what `push_exact` does, for the places begin..end-1 of a tree, seeing far cells as one point."""
    one = np.float32(1)
    total = np.float64(0)
    for place in range(begin, end):
        px, py, pz = tree.points[place, 0], tree.points[place, 1], tree.points[place, 2]
        fx, fy, fz, close = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        cell = 0
        while cell < len(tree.skip):
            dx, dy, dz = px - tree.centre[cell, 0], py - tree.centre[cell, 1], pz - tree.centre[cell, 2]
            squared = dx * dx + dy * dy + dz * dz
            if tree.side_squared[cell] < OPENING * squared or tree.side_squared[cell] == 0:
                weight = np.float32(tree.last[cell] - tree.first[cell])
                near = one / (one + squared)
                close += weight * near
                near *= near * weight
                fx += near * dx
                fy += near * dy
                fz += near * dz
                cell = tree.skip[cell]
            elif tree.leaf[cell]:
                for other in range(tree.first[cell], tree.last[cell]):
                    dx, dy, dz = px - tree.points[other, 0], py - tree.points[other, 1], pz - tree.points[other, 2]
                    near = one / (one + dx * dx + dy * dy + dz * dz)
                    close += near
                    near *= near
                    fx += near * dx
                    fy += near * dy
                    fz += near * dz
                cell = tree.skip[cell]
            else:
                cell += 1
        target = tree.order[place]
        forces[target, 0], forces[target, 1], forces[target, 2] = fx, fy, fz
        total += np.float64(close - one)
    return total
