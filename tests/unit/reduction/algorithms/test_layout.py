from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.fuzzy_graph import fuzzy_graph
from loupe_reduction.algorithms.layout import optimise_layout
from loupe_reduction.algorithms.neighbours import find_neighbours
from tests.unit.reduction.arrays import clusters, purity


@pytest.mark.parametrize("dimensions", [2, 3])
def test_optimise_layout__groups_stay_together(dimensions: int) -> None:
    values, labels = clusters(400, dimension=10)
    start = np.random.default_rng(0).uniform(-10, 10, (400, dimensions)).astype(np.float32)

    places = optimise_layout(fuzzy_graph(find_neighbours(values, 10)), start, epochs=150)

    assert places.shape == (400, dimensions)
    assert purity(places, labels) > 0.95


def test_optimise_layout__same_on_any_number_of_threads() -> None:
    values, _ = clusters(2500, dimension=6)
    graph = fuzzy_graph(find_neighbours(values, 8))
    start = np.ascontiguousarray(values[:, :2])

    places = [optimise_layout(graph, start, epochs=20, seed=3, threads=threads) for threads in (1, 2, 5)]

    assert np.array_equal(places[0], places[1])
    assert np.array_equal(places[0], places[2])


def test_optimise_layout__seed_matters() -> None:
    values, _ = clusters(100, dimension=6)
    graph = fuzzy_graph(find_neighbours(values, 8))
    start = np.ascontiguousarray(values[:, :2])

    assert not np.array_equal(
        optimise_layout(graph, start, epochs=20, seed=1), optimise_layout(graph, start, epochs=20, seed=2)
    )


def test_optimise_layout__tells_after_each_pass() -> None:
    values, _ = clusters(50, dimension=6)
    told: list[float] = []

    optimise_layout(fuzzy_graph(find_neighbours(values, 5)), values[:, :2].copy(), epochs=4, progress=told.append)

    assert told == [0.25, 0.5, 0.75, 1.0]


def test_optimise_layout__points_on_one_spot() -> None:
    values, _ = clusters(60, dimension=6)

    places = optimise_layout(fuzzy_graph(find_neighbours(values, 5)), np.zeros((60, 2), np.float32), epochs=30)

    assert np.isfinite(places).all()
