from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.tsne_kernel import push_exact, push_tree, see
from loupe_reduction.algorithms.tsne_tree import build_tree


def _points(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    points = np.zeros((count, 3), np.float32)
    points[:, :dimensions] = np.random.default_rng(seed).normal(size=(count, dimensions)) * 5
    return points


@pytest.mark.parametrize("dimensions", [2, 3])
def test_build_tree__cells_nest_and_cover(dimensions: int) -> None:
    points = _points(500, dimensions)

    tree = build_tree(points, np.arange(500), dimensions)

    assert sorted(tree.order.tolist()) == list(range(500))
    assert (tree.first[0], tree.last[0], tree.skip[0]) == (0, 500, len(tree.skip))
    for cell in range(len(tree.skip)):
        inside = tree.points[tree.first[cell] : tree.last[cell]]
        assert tree.centre[cell] == pytest.approx(inside.mean(axis=0), abs=1e-4)
        if not tree.leaf[cell]:
            child, covered = cell + 1, tree.first[cell]
            while child < tree.skip[cell]:
                assert tree.first[child] == covered
                covered, child = tree.last[child], tree.skip[child]
            assert covered == tree.last[cell]


@pytest.mark.parametrize("dimensions", [2, 3])
def test_push_tree__close_to_exact(dimensions: int) -> None:
    points = _points(800, dimensions)
    tree = build_tree(points, np.arange(800), dimensions)
    exact, approximate = np.zeros((800, 3), np.float32), np.zeros((800, 3), np.float32)

    x, y, z = (np.ascontiguousarray(points[:, axis]) for axis in range(3))

    total = push_exact(0, 800, x, y, z, exact)
    total_tree = push_tree(0, 800, tree, approximate)

    assert total_tree == pytest.approx(total, rel=0.01)
    assert np.linalg.norm(approximate - exact) < 0.03 * np.linalg.norm(exact)


def test_push_tree__room_for_what_is_seen_grows() -> None:
    points = _points(900, 2)
    tree = build_tree(points, np.arange(900), 2)

    seen, count = see(64, 128, tree, np.empty((4, 8), np.float32))

    assert seen.shape[1] >= count > 64
    assert seen[3, :count].sum() == 900
    assert (seen[:3, :count] * seen[3, :count]).sum(axis=1) == pytest.approx(points.sum(axis=0), rel=1e-3, abs=1e-2)


def test_push_tree__many_points_on_one_spot() -> None:
    points = np.repeat(_points(3, 2), 200, axis=0)
    tree = build_tree(points, np.arange(600), 2)
    forces = np.zeros((600, 3), np.float32)

    total = push_tree(0, 600, tree, forces)

    assert np.isfinite(forces).all()
    assert total >= 600 * 199 - 1


def test_build_tree__one_spot_only() -> None:
    tree = build_tree(np.zeros((40, 3), np.float32), np.arange(40), 2)

    assert len(tree.skip) == 1
    assert bool(tree.leaf[0])
