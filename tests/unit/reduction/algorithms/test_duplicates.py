from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.duplicates import find_duplicates
from loupe_reduction.domain.jobs import DuplicateGroups
from tests.unit.reduction.arrays import clusters


def _find(values: np.ndarray, percentile: float = 1.0, max_distance: float = 0.02) -> DuplicateGroups:
    return find_duplicates(values, percentile=percentile, max_distance=max_distance)


def _noisy(rows: np.ndarray, seed: int = 0) -> np.ndarray:
    return rows + np.random.default_rng(seed).normal(scale=1e-3, size=rows.shape).astype(np.float32)


def test_find_duplicates__planted_pairs() -> None:
    values, _ = clusters(300)

    found = _find(np.concatenate([values, _noisy(values[:5])]))

    groups = {frozenset([int(k), *m.tolist()]) for k, m in zip(found.keepers, found.members, strict=True)}
    assert groups >= {frozenset([row, 300 + row]) for row in range(5)}
    assert len(groups) <= 5 + 0.02 * 300
    assert all((distances <= found.threshold).all() for distances in found.distances)


def test_find_duplicates__many_of_them_do_not_lower_the_threshold() -> None:
    values, _ = clusters(300)

    found = _find(np.concatenate([values, _noisy(values)]))

    assert len(found.keepers) > 290


def test_find_duplicates__none() -> None:
    values, _ = clusters(300)

    assert len(_find(values, max_distance=0.0005).keepers) == 0


def test_find_duplicates__exact_copies_by_the_thousand() -> None:
    values, _ = clusters(50)

    found = _find(np.concatenate([values, np.repeat(values[3:4], 4000, axis=0)]), max_distance=0.0)

    assert found.keepers.tolist() == [3]
    assert found.members[0].tolist() == list(range(50, 4050))
    assert (found.distances[0] == 0).all()


def test_find_duplicates__all_equal() -> None:
    found = _find(np.ones((20, 4), np.float32))

    assert found.keepers.tolist() == [0]
    assert found.members[0].tolist() == list(range(1, 20))


def test_find_duplicates__a_chain_is_not_one_group() -> None:
    angles = np.arange(40) * 0.05
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    found = _find(chain, percentile=50, max_distance=0.002)

    assert len(found.keepers) > 5
    assert all((distances <= found.threshold).all() for distances in found.distances)


def test_find_duplicates__largest_group_first() -> None:
    values, _ = clusters(100)

    found = _find(np.concatenate([values, values[:1], values[7:8], values[7:8]]))

    assert found.keepers.tolist() == [7, 0]
    assert [len(members) for members in found.members] == [2, 1]


def test_find_duplicates__two_images() -> None:
    assert _find(np.asarray([[1, 0], [0, 1]], np.float32)).keepers.size == 0
    assert _find(np.asarray([[1, 0], [1, 0]], np.float32)).keepers.tolist() == [0]


def test_find_duplicates__threshold_is_at_most_the_ceiling() -> None:
    values, _ = clusters(200, spread=2.0)

    assert _find(values, percentile=50, max_distance=0.01).threshold == pytest.approx(0.01)
