from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.adapters import vector_codes


@pytest.mark.parametrize("factor", [1e-25, 1.0, 1e25])
def test_coded__directions_of_vectors_of_any_length(factor: float) -> None:
    values = (np.random.default_rng(0).normal(size=(600, 40)) * factor).astype(np.float32)

    codes, scales, usable = vector_codes.coded(values)

    unit = values.astype(np.float64) / np.linalg.norm(values.astype(np.float64), axis=1, keepdims=True)
    assert usable.all()
    assert np.abs(codes).max(axis=1).tolist() == [127] * 600
    assert codes * scales[:, None] == pytest.approx(unit, abs=0.003)


def test_coded__vectors_without_direction() -> None:
    values = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    values[3], values[4, 0], values[270, 7], values[299] = 0, np.nan, np.inf, 1e-40

    codes, scales, usable = vector_codes.coded(values)

    bad = [3, 4, 270, 299]
    assert np.flatnonzero(~usable).tolist() == bad
    assert not codes[bad].any()
    assert not scales[bad].any()


def test_likeness__of_neighbouring_and_of_scattered_places() -> None:
    codes = np.random.default_rng(0).integers(-127, 128, (2000, 8)).astype(np.int8)
    unit = np.ones(8, np.float32)

    for places in (np.arange(100, 900), np.arange(0, 2000, 3), np.zeros(0, np.int64)):
        assert vector_codes.likeness(codes, unit, places) == pytest.approx(codes[places].sum(axis=1))
