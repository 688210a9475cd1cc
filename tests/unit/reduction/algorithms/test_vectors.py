from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loupe_reduction.algorithms.projection import project
from loupe_reduction.algorithms.vectors import PreparedVectors, StoredVectors, unit_rows
from loupe_reduction.domain.jobs import SpooledFeatures
from loupe_reduction.domain.recipe import PARAMETERS_OF, Method, Metric, Recipe, UmapParameters
from tests.unit.reduction.arrays import clusters


def _stored(values: np.ndarray, folder: Path) -> StoredVectors:
    """The same vectors in a file, in another order."""
    order = np.random.default_rng(1).permutation(len(values))
    path = folder / "features.f32"
    values[np.argsort(order)].astype("<f4").tofile(path)
    return StoredVectors(SpooledFeatures(path, values.shape[1], order))


def test_stored_vectors__are_read_like_an_array(tmp_path: Path) -> None:
    values, _ = clusters(700, dimension=6)
    stored = _stored(values, tmp_path)

    assert (len(stored), stored.shape) == (700, (700, 6))
    assert np.array_equal(stored[:], values)
    assert np.array_equal(stored[640:800], values[640:800])
    rows = np.asarray([7, 3, 3, 699])
    assert np.array_equal(stored[rows], values[rows])


def test_prepared_vectors__rows_then_scale_then_length() -> None:
    values, _ = clusters(20, dimension=6)
    rows = np.asarray([5, 5, 0, 19])

    prepared = PreparedVectors(values, rows, scale=4.0, is_unit=True)

    assert prepared.shape == (4, 6)
    assert np.array_equal(prepared[1:], unit_rows(values[rows][1:] / np.float32(4)))
    assert np.array_equal(prepared[np.asarray([2])], unit_rows(values[:1] / np.float32(4)))


@pytest.mark.parametrize("factor", [1.0, 1e20])
@pytest.mark.parametrize("method", list(Method))
def test_project__the_same_from_a_file(method: Method, factor: float, tmp_path: Path) -> None:
    values, _ = clusters(120)
    values = np.concatenate([values, values[:5]]) * np.float32(factor)
    recipe = Recipe(method, 2, PARAMETERS_OF[method]())

    of_array = project(values, recipe, threads=2, report=lambda _: None)
    of_file = project(_stored(values, tmp_path), recipe, threads=1, report=lambda _: None)

    assert np.array_equal(of_file.coordinates, of_array.coordinates)
    assert of_file.quality == of_array.quality


def test_project__the_same_from_a_file__by_angles(tmp_path: Path) -> None:
    values, _ = clusters(60)
    recipe = Recipe(Method.UMAP, 2, UmapParameters(metric=Metric.COSINE))

    of_array = project(values, recipe, threads=1, report=lambda _: None)
    of_file = project(_stored(values, tmp_path), recipe, threads=1, report=lambda _: None)

    assert np.array_equal(of_file.coordinates, of_array.coordinates)
