from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms import distinct


def test_distinct_rows__copies() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    values = rows[[3, 0, 3, 1, 0, 4, 2, 3]]

    first, inverse = distinct.distinct_rows(values)

    assert first.tolist() == [0, 1, 3, 5, 6]
    assert inverse.tolist() == [0, 1, 0, 2, 1, 3, 4, 0]
    assert np.array_equal(values[first][inverse], values)


def test_distinct_rows__thousands_of_one() -> None:
    first, inverse = distinct.distinct_rows(np.ones((5000, 16), np.float32))

    assert first.tolist() == [0]
    assert not inverse.any()


def test_distinct_rows__hashes_that_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "_hash_rows", lambda values, threads: np.zeros(len(values), np.uint64))
    values = np.asarray([[1, 2], [3, 4], [1, 2]], np.float32)

    first, inverse = distinct.distinct_rows(values)

    assert first.tolist() == [0, 1]
    assert inverse.tolist() == [0, 1, 0]


def test_distinct_rows__neighbouring_values_differ() -> None:
    base = np.full((1, 64), 0.5, np.float32)
    values = np.repeat(base, 65, axis=0)
    values[np.arange(1, 65), np.arange(64)] = np.nextafter(np.float32(0.5), np.float32(1))

    first, _ = distinct.distinct_rows(values)

    assert first.size == 65
