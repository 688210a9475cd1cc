from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.affinities import _conditional, affinities
from loupe_reduction.algorithms.neighbours import find_neighbours
from loupe_reduction.algorithms.tsne import EARLY_ITERATIONS, optimise_tsne
from tests.unit.reduction.arrays import clusters, purity


def test_affinities__sum_to_one_and_are_symmetric() -> None:
    values, _ = clusters(150, dimension=8)

    ties = affinities(find_neighbours(values, 30), 10.0)

    assert ties.sum() == pytest.approx(1.0, abs=1e-5)
    assert abs(ties - ties.T).max() < 1e-9


def test_affinities__rows_have_the_perplexity() -> None:
    values, _ = clusters(150, dimension=8)
    squared = find_neighbours(values, 30).distances.astype(np.float64) ** 2

    weights = _conditional(squared - squared[:, :1], np.log(10.0))

    entropy = -(weights * np.log(weights)).sum(axis=1)
    assert np.exp(entropy) == pytest.approx(np.full(150, 10.0), rel=1e-3)


@pytest.mark.parametrize("exact_up_to", [10_000, 0], ids=["exact", "tree"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_optimise_tsne__groups_stay_together(dimensions: int, exact_up_to: int) -> None:
    values, labels = clusters(400, dimension=10)
    ties = affinities(find_neighbours(values, 60), 20.0)

    places = optimise_tsne(ties, values[:, :dimensions].copy(), iterations=150, exact_up_to=exact_up_to)

    assert places.shape == (400, dimensions)
    assert purity(places, labels) > 0.97


@pytest.mark.parametrize("exact_up_to", [10_000, 0], ids=["exact", "tree"])
def test_optimise_tsne__same_on_any_number_of_threads(exact_up_to: int) -> None:
    values, _ = clusters(700, dimension=8)
    ties = affinities(find_neighbours(values, 30), 10.0)
    start = np.ascontiguousarray(values[:, :2])

    one, three = (
        optimise_tsne(ties, start, iterations=50, threads=threads, exact_up_to=exact_up_to) for threads in (1, 3)
    )

    assert np.array_equal(one, three)


def test_optimise_tsne__tells_after_each_step() -> None:
    values, _ = clusters(50, dimension=8)
    told: list[float] = []

    optimise_tsne(
        affinities(find_neighbours(values, 9), 3.0), values[:, :2].copy(), iterations=50, progress=told.append
    )

    assert len(told) == EARLY_ITERATIONS + 50
    assert told[-1] == 1.0
