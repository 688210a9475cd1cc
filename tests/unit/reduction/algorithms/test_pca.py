from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.pca import apply_pca, fit_pca


@pytest.mark.parametrize("shape", [(300, 12), (9, 40)], ids=["tall", "wide"])
def test_fit_pca__agrees_with_singular_values(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32) * np.linspace(3, 1, shape[1], dtype="f4")
    centred = values - values.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred, full_matrices=False)

    pca = fit_pca(values, 3)

    expected = strengths[:3] ** 2 / (strengths**2).sum()
    assert pca.explained_variance_ratio == pytest.approx(expected, rel=1e-4)
    assert np.abs(np.sum(pca.components * directions[:3], axis=1)) == pytest.approx(np.ones(3), abs=1e-4)
    assert apply_pca(pca, values) == pytest.approx(centred @ pca.components.T, abs=1e-3)


def test_fit_pca__signs_are_fixed() -> None:
    values = np.random.default_rng(1).normal(size=(50, 6)).astype(np.float32)

    components = fit_pca(values, 4).components

    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    assert (largest > 0).all()


def test_fit_pca__constant_columns_with_unit_variance() -> None:
    values = np.random.default_rng(2).normal(size=(40, 5)).astype(np.float32)
    values[:, 2] = 7.0

    pca = fit_pca(values, 2, unit_variance=True)

    assert np.isfinite(apply_pca(pca, values)).all()
    assert pca.components[:, 2] == pytest.approx(np.zeros(2), abs=1e-6)


def test_fit_pca__fewer_directions_than_wanted() -> None:
    pca = fit_pca(np.random.default_rng(3).normal(size=(20, 1)).astype(np.float32), 3)

    assert pca.components.shape == (1, 1)
    assert pca.explained_variance_ratio == pytest.approx([1.0])


def test_fit_pca__sample_depends_on_the_seed_alone() -> None:
    values = np.random.default_rng(4).normal(size=(5000, 8)).astype(np.float32)

    first = fit_pca(values, 2, sample=500, seed=9, threads=1)
    again = fit_pca(values, 2, sample=500, seed=9, threads=3)

    assert np.array_equal(first.components, again.components)
