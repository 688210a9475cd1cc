from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.projection import project
from loupe_reduction.domain.errors import FeaturesAllEqual
from loupe_reduction.domain.jobs import Projection
from loupe_reduction.domain.progress import Progress
from loupe_reduction.domain.recipe import (
    PARAMETERS_OF,
    Method,
    Metric,
    PcaParameters,
    Recipe,
    TsneParameters,
    UmapParameters,
)
from tests.unit.reduction.arrays import clusters, purity

EACH = [(method, dimensions) for method in Method for dimensions in (2, 3)]


def _fit(values: np.ndarray, method: Method, dimensions: int = 2, seed: int = 0) -> Projection:
    recipe = Recipe(method, dimensions, PARAMETERS_OF[method](), seed)
    return project(values, recipe, threads=2, report=lambda _: None)


@pytest.mark.parametrize(("method", "dimensions"), [each for each in EACH if each[0] is not Method.PCA])
def test_project__clusters_are_kept(method: Method, dimensions: int) -> None:
    values, labels = clusters(600)

    made = _fit(values, method, dimensions)

    assert made.quality.trustworthiness > 0.9
    assert purity(made.coordinates, labels) > 0.97
    assert made.coordinates.dtype == np.float32
    assert np.abs(made.coordinates.mean(axis=0)).max() < 1e-3


def test_project__pca_explains_variance() -> None:
    values, _ = clusters(200)

    made = _fit(values, Method.PCA, 3)

    ratios = made.quality.explained_variance_ratio
    assert len(ratios) == 3
    assert sorted(ratios, reverse=True) == list(ratios)
    assert 0 < sum(ratios) < 1


@pytest.mark.parametrize(("method", "dimensions"), EACH)
def test_project__same_seed_same_map(method: Method, dimensions: int) -> None:
    values, _ = clusters(300)

    first, again = _fit(values, method, dimensions, seed=7), _fit(values, method, dimensions, seed=7)

    assert np.array_equal(first.coordinates, again.coordinates)


@pytest.mark.parametrize(("method", "dimensions"), EACH)
@pytest.mark.parametrize("count", [10, 16, 40])
def test_project__few_points(method: Method, dimensions: int, count: int) -> None:
    values, _ = clusters(count, groups=2)

    made = _fit(values, method, dimensions)

    assert made.coordinates.shape == (count, dimensions)
    assert np.isfinite(made.coordinates).all()


@pytest.mark.parametrize("method", list(Method))
def test_project__all_equal(method: Method) -> None:
    with pytest.raises(FeaturesAllEqual, match="All 40 vectors are the same"):
        _fit(np.full((40, 8), 0.5, np.float32), method)


@pytest.mark.parametrize(("method", "dimensions"), EACH)
@pytest.mark.parametrize("different", [2, 3, 6, 10])
def test_project__few_different_vectors(method: Method, dimensions: int, different: int) -> None:
    values = np.random.default_rng(0).normal(size=(different, 20)).astype(np.float32)[np.arange(50) % different]

    made = _fit(values, method, dimensions)

    assert np.isfinite(made.coordinates).all()
    assert len(np.unique(made.coordinates, axis=0)) == different


@pytest.mark.parametrize("method", [Method.TSNE, Method.UMAP])
def test_project__duplicates_by_the_thousand(method: Method) -> None:
    values, _ = clusters(100)
    values = np.concatenate([values, np.repeat(values[:1], 3000, axis=0)])

    made = _fit(values, method)

    assert (made.coordinates[100:] == made.coordinates[0]).all()
    assert np.isfinite(made.coordinates).all()


@pytest.mark.parametrize(("method", "dimensions"), EACH)
def test_project__constant_columns_and_short_vectors(method: Method, dimensions: int) -> None:
    values = np.zeros((60, 2), np.float32)
    values[:, 0] = np.random.default_rng(0).normal(size=60)
    values[:, 1] = 3.0

    made = _fit(values, method, dimensions)

    assert made.coordinates.shape == (60, dimensions)
    assert np.isfinite(made.coordinates).all()


@pytest.mark.parametrize("factor", [1e-30, 1e-12, 1e30], ids=str)
@pytest.mark.parametrize("method", list(Method))
def test_project__unusual_sizes(method: Method, factor: float) -> None:
    values, _ = clusters(80)

    made = _fit((values * np.float32(factor)).astype(np.float32), method)

    assert np.isfinite(made.coordinates).all()
    assert made.quality.trustworthiness > 0.7


def test_project__cosine_ignores_length() -> None:
    values, _ = clusters(200)
    lengths = np.random.default_rng(1).choice([0.5, 1.0, 2.0], size=(200, 1)).astype(np.float32)
    recipe = Recipe(Method.UMAP, 2, UmapParameters(metric=Metric.COSINE))

    plain = project(values, recipe, threads=1, report=lambda _: None)
    scaled = project(values * lengths, recipe, threads=1, report=lambda _: None)

    assert np.array_equal(plain.coordinates, scaled.coordinates)


def test_project__recipe_is_filled_in() -> None:
    values, _ = clusters(12)

    umap, tsne = _fit(values, Method.UMAP).recipe, _fit(values, Method.TSNE).recipe

    assert umap.parameters == UmapParameters(neighbours=11, epochs=500)
    assert tsne.parameters == TsneParameters(perplexity=11 / 3)


def test_project__progress_never_falls() -> None:
    values, _ = clusters(100)
    told: list[Progress] = []

    project(values, Recipe(Method.UMAP, 2, UmapParameters()), threads=1, report=told.append)

    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def test_project__unit_variance() -> None:
    values, _ = clusters(100)
    values[:, 0] *= 1000

    plain = _fit(values, Method.PCA)
    recipe = Recipe(Method.PCA, 2, PcaParameters(unit_variance=True))
    scaled = project(values, recipe, threads=1, report=lambda _: None)

    assert plain.quality.explained_variance_ratio[0] > 0.99
    assert scaled.quality.explained_variance_ratio[0] < 0.5
