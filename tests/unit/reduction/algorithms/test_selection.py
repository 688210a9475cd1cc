from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.cosine import cosine_neighbours, unit_rows
from loupe_reduction.algorithms.selection import facility_location, select_images
from loupe_reduction.domain.jobs import Strategy
from tests.unit.reduction.arrays import clusters

BOTH = pytest.mark.parametrize("strategy", list(Strategy))


@BOTH
def test_select_images__every_group_is_seen(strategy: Strategy) -> None:
    values, labels = clusters(500, groups=10, spread=0.2)

    found = select_images(values, 10, strategy)

    assert len(set(labels[found.picks].tolist())) >= 9
    assert found.represented.sum() == 500
    assert found.coverage > 0.8


@BOTH
def test_select_images__covers_better_than_random(strategy: Strategy) -> None:
    values, _ = clusters(600, groups=20)
    unit = unit_rows(values)
    random = np.random.default_rng(0).choice(600, 20, replace=False)

    found = select_images(values, 20, strategy)

    assert found.coverage > float((unit @ unit[random].T).max(axis=1).mean())


@BOTH
def test_select_images__never_the_same_vector_twice(strategy: Strategy) -> None:
    values, _ = clusters(5)
    values = np.repeat(values, 200, axis=0)

    found = select_images(values, 50, strategy)

    assert found.picks.tolist() == [0, 200, 400, 600, 800]
    assert found.represented.tolist() == [200] * 5
    assert found.coverage == pytest.approx(1.0, abs=1e-5)


@BOTH
def test_select_images__same_seed_same_picks(strategy: Strategy) -> None:
    values, _ = clusters(300)

    first, again = (select_images(values, 25, strategy, seed=4, threads=threads) for threads in (1, 2))

    assert first.picks.tolist() == again.picks.tolist()
    assert len(set(first.picks.tolist())) == 25


@BOTH
def test_select_images__all_of_them(strategy: Strategy) -> None:
    values, _ = clusters(12)

    assert sorted(select_images(values, 12, strategy).picks.tolist()) == list(range(12))


def test_select_images__first_pick_stands_for_all() -> None:
    values, _ = clusters(100)

    assert select_images(values, 5, Strategy.FACILITY_LOCATION).gains[0] == 100


def test_select_images__largest_cluster_first() -> None:
    values, _ = clusters(200)

    represented = select_images(values, 8, Strategy.KMEANS).represented

    assert represented.tolist() == sorted(represented.tolist(), reverse=True)


def test_facility_location__beginning_of_a_longer_list() -> None:
    values, _ = clusters(200)
    near = cosine_neighbours(unit_rows(values), 15)

    assert facility_location(near, 5).tolist() == facility_location(near, 40)[:5].tolist()
