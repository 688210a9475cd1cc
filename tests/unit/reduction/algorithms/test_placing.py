from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.placing import place
from loupe_reduction.algorithms.projection import project
from loupe_reduction.domain import reducers
from loupe_reduction.domain.errors import DimensionMismatch
from loupe_reduction.domain.jobs import Projection
from loupe_reduction.domain.recipe import PARAMETERS_OF, Method, Metric, Parameters, Recipe, UmapParameters
from loupe_reduction.domain.reducers import Reducer
from tests.unit.reduction.arrays import clusters

LAYOUTS = [method for method in Method if method is not Method.PCA]


def _map(values: np.ndarray, method: Method, dimensions: int = 2, parameters: Parameters | None = None) -> Projection:
    recipe = Recipe(method, dimensions, parameters or PARAMETERS_OF[method]())
    return project(values, recipe, threads=1, report=lambda _: None)


def _reducer(made: Projection) -> Reducer:
    return reducers.from_bytes(made.reducer)


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("method", LAYOUTS)
def test_place__among_their_own_kind(method: Method, dimensions: int) -> None:
    values, labels = clusters(600)
    made = _map(values[:450], method, dimensions)

    placed = place(values[450:], _reducer(made))

    squared = ((placed[:, None] - made.coordinates[None]) ** 2).sum(axis=2)
    assert (labels[:450][squared.argmin(axis=1)] == labels[450:]).mean() > 0.98
    # Nobody lands in the void between the groups.
    assert np.sqrt(squared.min(axis=1)).max() < 0.2 * np.ptp(made.coordinates, axis=0).max()


@pytest.mark.parametrize("method", list(Method))
def test_place__images_of_the_map_land_on_themselves(method: Method) -> None:
    values, _ = clusters(300)
    made = _map(values, method)

    placed = place(values, _reducer(made))

    assert placed == pytest.approx(made.coordinates, abs=1e-4 * float(np.abs(made.coordinates).max()))


def test_place__pca_is_exact() -> None:
    values, _ = clusters(400)
    made = _map(values[:300], Method.PCA, 3)
    # What the directions of the first 300 make of the others, worked out by hand.
    centred = values[:300] - values[:300].mean(axis=0)
    _, _, directions = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    wanted = (values[300:] - values[:300].mean(axis=0)) @ directions[:3].T

    placed = place(values[300:], _reducer(made))

    assert np.abs(placed) == pytest.approx(np.abs(wanted), abs=1e-3)


def test_place__does_not_depend_on_what_is_placed_with_it() -> None:
    values, _ = clusters(400)
    reducer = _reducer(_map(values[:300], Method.UMAP))

    together = place(values[300:], reducer, threads=2)
    alone = np.concatenate([place(one[None], reducer) for one in values[300:]])

    assert alone == pytest.approx(together, abs=1e-3)


def test_place__between_two_groups_it_goes_into_one() -> None:
    rng = np.random.default_rng(0)
    anchors = np.concatenate([rng.normal(0, 0.1, (40, 4)), rng.normal(4, 0.1, (40, 4))]).astype(np.float32)
    places = np.concatenate([rng.normal(-50, 1, (40, 2)), rng.normal(50, 1, (40, 2))]).astype(np.float32)
    zero = np.zeros(4, np.float32)
    reducer = Reducer(1.0, False, zero, np.eye(4, dtype=np.float32), np.zeros(2, np.float32), anchors, places)

    placed = place(np.full((1, 4), 1.99, np.float32), reducer)

    assert np.abs(np.abs(placed) - 50).max() < 5


def test_place__by_angles_where_the_map_was() -> None:
    values, _ = clusters(300)
    reducer = _reducer(_map(values, Method.UMAP, 2, UmapParameters(metric=Metric.COSINE)))

    assert place(values * 7, reducer) == pytest.approx(place(values, reducer), abs=1e-2)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("factor", [1e-30, 1e20])
def test_place__numbers_of_any_size(method: Method, factor: float) -> None:
    values, _ = clusters(80)
    values = (values * factor).astype(np.float32)

    placed = place(values * 3, _reducer(_map(values, method)))

    assert np.isfinite(placed).all()


def test_place__numbers_far_larger_than_those_of_the_map() -> None:
    values, _ = clusters(80)
    reducer = _reducer(_map(values, Method.UMAP))

    assert np.isfinite(place(np.full((2, 64), 3e38, np.float32), reducer)).all()


def test_place__vectors_of_another_length() -> None:
    values, _ = clusters(80)
    reducer = _reducer(_map(values, Method.PCA))

    with pytest.raises(DimensionMismatch, match="have 5 numbers, those of the map have 64"):
        place(np.zeros((1, 5), np.float32), reducer)
