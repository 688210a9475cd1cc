from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.selection import select_images, shares
from loupe_reduction.algorithms.vectors import unit_rows
from loupe_reduction.domain.errors import CountOutOfRange
from loupe_reduction.domain.jobs import NO_CLASS, SelectJob, Strategy
from tests.unit.reduction.arrays import clusters

BOTH = pytest.mark.parametrize("strategy", [Strategy.FACILITY_LOCATION, Strategy.KMEANS])


@BOTH
def test_select_images__every_group_is_seen(strategy: Strategy) -> None:
    values, labels = clusters(500, groups=10, spread=0.2)

    found = select_images(values, SelectJob(10, strategy))

    assert len(set(labels[found.picks].tolist())) >= 9
    assert found.represented.sum() == 500
    assert found.coverage > 0.8


@BOTH
def test_select_images__covers_better_than_random(strategy: Strategy) -> None:
    values, _ = clusters(600, groups=20)
    unit = unit_rows(values)
    random = np.random.default_rng(0).choice(600, 20, replace=False)

    found = select_images(values, SelectJob(20, strategy))

    assert found.coverage > float((unit @ unit[random].T).max(axis=1).mean())


@BOTH
def test_select_images__never_the_same_vector_twice(strategy: Strategy) -> None:
    values, _ = clusters(5)
    values = np.repeat(values, 200, axis=0)

    found = select_images(values, SelectJob(50, strategy))

    assert sorted(found.picks.tolist()) == [0, 200, 400, 600, 800]
    assert found.represented.tolist() == [200] * 5
    assert found.coverage == pytest.approx(1.0, abs=1e-5)


@BOTH
def test_select_images__same_seed_same_picks(strategy: Strategy) -> None:
    values, _ = clusters(300)

    first, again = (select_images(values, SelectJob(25, strategy, 4), threads=threads) for threads in (1, 2))

    assert first.picks.tolist() == again.picks.tolist()
    assert len(set(first.picks.tolist())) == 25


@BOTH
def test_select_images__all_of_them(strategy: Strategy) -> None:
    values, _ = clusters(12)

    assert sorted(select_images(values, SelectJob(12, strategy)).picks.tolist()) == list(range(12))


def test_select_images__first_pick_stands_for_all() -> None:
    values, _ = clusters(100)

    assert select_images(values, SelectJob(5, Strategy.FACILITY_LOCATION)).gains[0] == 100


def test_select_images__largest_cluster_first() -> None:
    values, _ = clusters(200)

    represented = select_images(values, SelectJob(8, Strategy.KMEANS)).represented

    assert represented.tolist() == sorted(represented.tolist(), reverse=True)


@BOTH
def test_select_images__never_two_near_duplicates(strategy: Strategy) -> None:
    values, _ = clusters(200, groups=8)
    shaken = (values * np.random.default_rng(1).uniform(0.999, 1.001, values.shape)).astype(np.float32)

    found = select_images(np.concatenate([values, shaken]), SelectJob(150, strategy))

    assert len({pick % 200 for pick in found.picks.tolist()}) == len(found.picks) == 150


@BOTH
def test_select_images__groups_get_equal_shares(strategy: Strategy) -> None:
    values, _ = clusters(300, groups=10)
    groups = np.where(np.arange(300) < 280, 0, 1)

    found = select_images(values, SelectJob(20, strategy, groups=groups))

    assert np.bincount(groups[found.picks]).tolist() == [10, 10]


def test_select_images__uncertainty_looks_between_the_classes() -> None:
    values, wanted = two_classes()
    classes = np.full(len(values), NO_CLASS)
    classes[:10], classes[190:200] = 0, 1

    found = select_images(values, SelectJob(5, Strategy.UNCERTAINTY, classes=classes))

    assert found.margins is not None
    assert found.margins.tolist() == sorted(found.margins.tolist())
    assert set(found.picks.tolist()) <= set(wanted)
    assert found.labelled == 20


def test_select_images__uncertainty_leaves_out_what_shows_a_labelled_image() -> None:
    values, _ = two_classes()
    classes = np.full(2 * len(values), NO_CLASS)
    classes[:10], classes[190:200] = 0, 1

    found = select_images(np.concatenate([values, values]), SelectJob(300, Strategy.UNCERTAINTY, classes=classes))

    shown = found.picks % len(values)
    assert not set(shown.tolist()) & {*range(10), *range(190, 200)}
    assert len(set(shown.tolist())) == len(shown)


def test_select_images__uncertainty_with_nothing_left() -> None:
    values = np.repeat(np.eye(2, 8, dtype=np.float32), 20, axis=0)
    classes = np.full(40, NO_CLASS)
    classes[0], classes[20] = 0, 1

    with pytest.raises(CountOutOfRange) as caught:
        select_images(values, SelectJob(3, Strategy.UNCERTAINTY, classes=classes))

    assert caught.value.metadata["maximum"] == "0"


def two_classes() -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float32]], list[int]]:
    """200 vectors on the way from one corner to another, shaken; and the rows in the middle of the way."""
    way = np.linspace(0, 1, 200)[:, None]
    random = np.random.default_rng(3).normal(0, 0.05, (200, 16))
    values = np.concatenate([np.hstack([1 - way, way]), random], axis=1).astype(np.float32)
    return values, list(range(40, 170))


@pytest.mark.parametrize(
    ("sizes", "count", "expected"),
    [([10, 10], 6, [3, 3]), ([10, 10], 5, [3, 2]), ([2, 10, 10], 12, [2, 5, 5]), ([1, 2], 9, [1, 2]), ([5], 3, [3])],
)
def test_shares__small_groups_leave_the_rest_to_others(sizes: list[int], count: int, expected: list[int]) -> None:
    assert shares(np.asarray(sizes), count).tolist() == expected
