from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms.outliers import score_outliers, share_below
from tests.unit.reduction.arrays import clusters


def test_score_outliers__planted_ones_come_first() -> None:
    values, _ = clusters(300, dimension=32, groups=3)
    odd = np.maximum(np.random.default_rng(9).normal(size=(4, 32)), 0).astype(np.float32)

    found = score_outliers(np.concatenate([values, odd]), 10)

    assert set(np.argsort(-found.scores)[:4].tolist()) == {300, 301, 302, 303}
    assert found.scores.min() == 0.0
    assert found.scores.max() == 1.0


def test_score_outliers__distances_agree_with_all_pairs() -> None:
    values, _ = clusters(80, dimension=16)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    distances = 1 - unit @ unit.T
    np.fill_diagonal(distances, np.inf)

    found = score_outliers(values, 5)

    assert found.distances == pytest.approx(np.sort(distances, axis=1)[:, :5].mean(axis=1), abs=1e-5)
    assert np.array_equal(found.nearest, distances.argmin(axis=1))


def test_score_outliers__equal_vectors_are_equally_ordinary() -> None:
    found = score_outliers(np.ones((30, 4), np.float32), 15)

    assert (found.scores == 0).all()
    assert (found.distances == 0).all()


def test_score_outliers__fewer_images_than_neighbours() -> None:
    values, _ = clusters(10)

    assert score_outliers(values, 15).neighbours == 9


def test_score_outliers__vector_of_zeros() -> None:
    values, _ = clusters(40, groups=1)
    values[5] = 0

    found = score_outliers(values, 5)

    assert found.distances[5] == pytest.approx(1.0)
    assert found.scores.argmax() == 5


def test_score_outliers__against_a_reference() -> None:
    values, _ = clusters(300, dimension=32, groups=3)
    odd = np.maximum(np.random.default_rng(9).normal(size=(40, 32)), 0).astype(np.float32)
    # Forty of a kind are usual among themselves, and odd for who has not seen their kind.
    odd[1:] = odd[0] + 0.01 * odd[1:]
    reference = np.arange(340) < 300

    alone = score_outliers(np.concatenate([values, odd]), 10)
    found = score_outliers(np.concatenate([values, odd]), 10, reference=reference)

    assert alone.scores[300:].max() < 0.5
    assert (found.scores[300:] == 1.0).all()
    assert found.nearest.max() < 300
    assert found.median_distance == pytest.approx(np.median(found.distances[:300]))


def test_share_below__those_outside_the_reference() -> None:
    numbers, usual = np.asarray([1.0, 2.0, 3.0, 2.5]), np.asarray([True, True, True, False])

    assert share_below(numbers, usual).tolist() == [0.0, 0.5, 1.0, pytest.approx(2 / 3)]


def test_share_below__ties() -> None:
    numbers = np.asarray([3.0, 1.0, 3.0, 2.0, 1.0])

    assert share_below(numbers, np.ones(5, np.bool_)).tolist() == [0.75, 0.0, 0.75, 0.5, 0.0]
