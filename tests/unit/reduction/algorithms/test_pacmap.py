from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.neighbours import Neighbours, find_neighbours
from loupe_reduction.algorithms.pacmap import both_ends, near_partners, optimise_pacmap, step_of
from tests.unit.reduction.arrays import clusters, purity


def _laid_out(count: int = 400, threads: int = 1, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    values, labels = clusters(count, dimension=20)
    start = values[:, :2] - values[:, :2].mean(axis=0)
    near = near_partners(find_neighbours(values, 40), 10)
    places = optimise_pacmap(values, near, start, iterations=180, seed=seed, threads=threads)
    return places, labels


def test_optimise_pacmap__groups_stay_together() -> None:
    places, labels = _laid_out()

    assert places.shape == (400, 2)
    assert places.dtype == np.float32
    assert purity(places, labels) > 0.98


def test_optimise_pacmap__same_places_on_any_number_of_threads() -> None:
    # More points than one chunk of the kernel has.
    one, _ = _laid_out(1500, threads=1)
    two, _ = _laid_out(1500, threads=2)

    assert np.array_equal(one, two)


def test_optimise_pacmap__seed_decides() -> None:
    one, _ = _laid_out(seed=3)
    other, _ = _laid_out(seed=4)

    assert not np.array_equal(one, other)


def test_optimise_pacmap__shown_and_told_each_step() -> None:
    values, _ = clusters(50, dimension=8)
    shown: list[int] = []
    told: list[float] = []

    optimise_pacmap(
        values,
        near_partners(find_neighbours(values, 20), 5),
        values[:, :3].copy(),
        iterations=50,
        progress=told.append,
        show=lambda places: shown.append(len(places)),
    )

    assert shown == [50] * 50
    assert told == pytest.approx(np.arange(1, 51) / 50)


def test_near_partners__distances_count_by_how_dense_it_is_around_both() -> None:
    # Point 0 is as far from 1 as from 2, but around 2 points are far apart: relative to that, 2 is nearer.
    indices = np.asarray([[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3]], np.int32)
    distances = np.asarray([[2, 2, 9, 9], [1, 1, 1, 1], [2, 2, 2, 8], [9, 9, 9, 9], [9, 9, 9, 9]], np.float32)

    assert near_partners(Neighbours(indices, distances), 1)[0].tolist() == [2]


def test_both_ends__each_pair_from_both() -> None:
    rows, partners = both_ends(np.asarray([[1], [2], [1], [1]], np.int32))

    found = [sorted(partners[rows[point] : rows[point + 1]].tolist()) for point in range(4)]
    assert found == [[1], [0, 2, 2, 3], [1, 1], [1]]


def test_step_of__three_phases_of_the_paper() -> None:
    first, balanced, last = step_of(0, 450), step_of(150, 450), step_of(449, 450)

    assert [float(first.near), float(first.mid)] == [2, 1000]
    assert [float(balanced.near), float(balanced.mid)] == [3, 3]
    assert [float(last.near), float(last.mid)] == [1, 0]
    assert step_of(50, 450).mid == pytest.approx(501.5)
    # Adam's first step is as long as its rate.
    assert first.rate == pytest.approx(np.sqrt(0.001) / 0.1)
