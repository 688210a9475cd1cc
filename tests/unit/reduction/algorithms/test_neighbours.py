from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms import neighbours
from loupe_reduction.algorithms.neighbours import find_neighbours
from tests.unit.reduction.arrays import clusters


def test_find_neighbours__agrees_with_all_pairs() -> None:
    values, _ = clusters(200, dimension=10)
    squared = ((values[:, None] - values[None]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)

    found = find_neighbours(values, 5)

    assert np.array_equal(np.sort(found.indices, axis=1), np.sort(np.argsort(squared, axis=1)[:, :5], axis=1))
    assert found.distances == pytest.approx(np.sqrt(np.sort(squared, axis=1)[:, :5]), abs=1e-3)


def test_find_neighbours__cells_find_nearly_all() -> None:
    values, _ = clusters(6000, dimension=16, groups=12)

    approximate = find_neighbours(values, 10)
    squared = (values[:300] ** 2).sum(axis=1)[:, None] - 2 * values[:300] @ values.T + (values**2).sum(axis=1)
    squared[np.arange(300), np.arange(300)] = np.inf
    exact = np.argsort(squared, axis=1)[:, :10]

    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(approximate.indices[:300], exact, strict=True)])
    assert recall > 0.98


def test_find_neighbours__copies_are_neighbours_of_each_other() -> None:
    values = np.repeat(np.eye(4, dtype=np.float32), 30, axis=0)

    found = find_neighbours(values, 10)

    assert (found.indices != np.arange(120)[:, None]).all()
    assert (found.indices // 30 == (np.arange(120) // 30)[:, None]).all()
    assert (found.distances == 0).all()


def test_find_neighbours__all_others() -> None:
    found = find_neighbours(np.arange(12, dtype=np.float32).reshape(6, 2), 5)

    assert [sorted(row) for row in found.indices.tolist()] == [[j for j in range(6) if j != i] for i in range(6)]


def test_find_neighbours__cells_with_too_few_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "EXACT_UP_TO", 50)
    monkeypatch.setattr(neighbours, "PROBES", 1)
    values, _ = clusters(700, dimension=6, groups=20, spread=0.01)

    found = find_neighbours(values, 40)

    assert (found.indices >= 0).all()
    assert (np.diff(found.distances, axis=1) >= 0).all()
