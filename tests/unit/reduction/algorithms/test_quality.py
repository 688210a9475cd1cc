from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.quality import measure_quality
from tests.unit.reduction.arrays import clusters


def test_measure_quality__perfect_map() -> None:
    values, _ = clusters(300, dimension=3)

    quality = measure_quality(values, values.copy())

    assert quality.trustworthiness == 1.0
    assert quality.neighbour_preservation == 1.0


def test_measure_quality__random_map() -> None:
    values, _ = clusters(500, dimension=8)
    random = np.random.default_rng(5).normal(size=(500, 2)).astype(np.float32)

    quality = measure_quality(values, random)

    assert quality.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert quality.neighbour_preservation < 0.1


def test_measure_quality__agrees_with_the_definition() -> None:
    values = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)
    places = values[:, :2].copy()
    high = ((values[:, None] - values[None]) ** 2).sum(axis=2)
    low = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(high, np.inf)
    np.fill_diagonal(low, np.inf)
    ranks = high.argsort(axis=1).argsort(axis=1) + 1
    near = 5
    penalty = sum(max(0, ranks[i, j] - near) for i in range(60) for j in low[i].argsort()[:near])
    expected = 1 - 2 * penalty / (60 * near * (2 * 60 - 3 * near - 1))

    assert measure_quality(values, places, neighbours=near).trustworthiness == pytest.approx(expected, abs=1e-6)


def test_measure_quality__few_points() -> None:
    values, _ = clusters(10, dimension=6)

    quality = measure_quality(values, values[:, :2].copy())

    assert quality.neighbours == 3
    assert 0 <= quality.trustworthiness <= 1
