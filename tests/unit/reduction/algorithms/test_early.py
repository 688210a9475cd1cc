from __future__ import annotations

import numpy as np

from loupe_reduction.algorithms.early import INTERVAL_S, EarlyPictures
from loupe_reduction.algorithms.projection import project
from loupe_reduction.domain.progress import EarlyPicture, Phase, Progress
from loupe_reduction.domain.recipe import PARAMETERS_OF, Method, Recipe
from tests.unit.reduction.arrays import clusters

PLACES = np.arange(12, dtype=np.float32).reshape(4, 3)


def test_early_pictures__the_first_at_once_the_others_now_and_then() -> None:
    told: list[EarlyPicture] = []
    now = [100.0]
    show = EarlyPictures(told.append, np.asarray([1, 2]), np.asarray([3, 0]), 2, clock=lambda: now[0])

    show(PLACES)
    now[0] += INTERVAL_S / 2
    show(PLACES)
    now[0] += INTERVAL_S / 2
    show(PLACES + 1)

    assert len(told) == 2
    assert told[0].rows.tolist() == [1, 2]
    assert told[0].coordinates.tolist() == [[4.5, 4.5], [-4.5, -4.5]]


def test_early_pictures__of_no_points() -> None:
    told: list[EarlyPicture] = []
    nothing = np.empty(0, np.int64)

    EarlyPictures(told.append, nothing, nothing, 2)(PLACES)

    assert told == []


def test_project__shows_where_points_are() -> None:
    values, _ = clusters(60)
    values[7] = values[3]
    early = np.asarray([3, 7, 50])
    for method in (Method.UMAP, Method.TSNE, Method.PACMAP):
        told: list[Progress] = []
        recipe = Recipe(method, 3, PARAMETERS_OF[method]())

        project(values, recipe, threads=1, report=told.append, early=early)

        pictures = [one.picture for one in told if one.picture is not None]
        assert pictures, method
        assert pictures[0].rows.tolist() == [3, 7, 50]
        assert pictures[0].coordinates.shape == (3, 3)
        # Equal vectors share a place.
        assert np.array_equal(pictures[0].coordinates[0], pictures[0].coordinates[1])
        assert {one.phase for one in told if one.picture is not None} <= {Phase.PRINCIPAL_COMPONENTS, Phase.LAYOUT}
        fractions = [one.fraction for one in told]
        assert fractions == sorted(fractions)


def test_project__same_map_with_and_without_pictures() -> None:
    values, _ = clusters(120)
    recipe = Recipe(Method.PACMAP, 2, PARAMETERS_OF[Method.PACMAP]())

    plain = project(values, recipe, threads=1, report=lambda _: None)
    shown = project(values, recipe, threads=1, report=lambda _: None, early=np.arange(120))

    assert np.array_equal(plain.coordinates, shown.coordinates)
