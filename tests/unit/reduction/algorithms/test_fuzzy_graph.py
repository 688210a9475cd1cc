from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.fuzzy_graph import _directed_weights, fuzzy_graph
from loupe_reduction.algorithms.neighbours import Neighbours, find_neighbours
from tests.unit.reduction.arrays import clusters


def test_fuzzy_graph__symmetric_without_diagonal() -> None:
    values, _ = clusters(150, dimension=8)

    graph = fuzzy_graph(find_neighbours(values, 10))

    assert abs(graph - graph.T).max() < 1e-6
    assert graph.diagonal().sum() == 0
    assert graph.data.min() > 0
    assert graph.data.max() <= 1 + 1e-6


def test_fuzzy_graph__rows_weigh_log2_of_their_neighbours() -> None:
    values = np.random.default_rng(0).normal(size=(150, 8)).astype(np.float32)

    weights = _directed_weights(find_neighbours(values, 16).distances.astype(np.float64))

    assert weights.sum(axis=1) == pytest.approx(np.full(150, 4.0), abs=1e-3)
    assert weights[:, 0] == pytest.approx(np.ones(150))


def test_fuzzy_graph__equal_distances() -> None:
    indices = np.asarray([[1, 2], [0, 2], [0, 1]], np.int32)

    graph = fuzzy_graph(Neighbours(indices, np.ones((3, 2), np.float32)))

    assert np.isfinite(graph.data).all()
    assert graph.nnz == 6


def test_fuzzy_graph__zero_distances() -> None:
    graph = fuzzy_graph(Neighbours(np.asarray([[1], [0]], np.int32), np.zeros((2, 1), np.float32)))

    assert graph.toarray().tolist() == [[0, 1], [1, 0]]
