from __future__ import annotations

import numpy as np

from loupe_reduction.algorithms.cosine import cosine_neighbours
from loupe_reduction.algorithms.coverage import at_centres, facility_location
from loupe_reduction.algorithms.vectors import unit_rows
from tests.unit.reduction.arrays import clusters


def test_facility_location__beginning_of_a_longer_list() -> None:
    values, _ = clusters(200)
    near = cosine_neighbours(unit_rows(values), 15)
    everyone, group = np.arange(200), np.zeros(200, np.int64)

    few, many = (facility_location(near, everyone, group, np.asarray([count])) for count in (5, 40))

    assert few.tolist() == many[:5].tolist()


def test_facility_location__candidates_and_quotas() -> None:
    values, _ = clusters(200)
    near = cosine_neighbours(unit_rows(values), 15)
    group = np.arange(200) % 2

    found = facility_location(near, np.arange(0, 150), group, np.asarray([3, 8]))

    assert np.bincount(group[found]).tolist() == [3, 8]
    assert found.max() < 150


def test_at_centres__as_many_as_wanted_though_clusters_are_empty() -> None:
    values, _ = clusters(40, groups=2, spread=0.01)

    found = at_centres(unit_rows(values), 30, seed=0, threads=1)

    assert len(set(found.tolist())) == 30
