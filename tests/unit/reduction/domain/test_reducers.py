from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loupe_reduction.domain import reducers
from loupe_reduction.domain.errors import ReducerInvalid
from loupe_reduction.domain.reducers import Reducer

REDUCER = Reducer(
    scale=2.0,
    is_unit=True,
    mean=np.ones(4, np.float32),
    directions=np.ones((4, 3), np.float32),
    centre=np.zeros(2, np.float32),
    anchors=np.ones((5, 3), np.float32),
    places=np.ones((5, 2), np.float32),
)


def test_from_bytes__what_was_written() -> None:
    read = reducers.from_bytes(REDUCER.to_bytes())

    assert (read.scale, read.is_unit, read.dimension) == (2.0, True, 4)
    assert np.array_equal(read.directions, REDUCER.directions)
    assert np.array_equal(read.places, REDUCER.places)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"\x93NUMPY"])
def test_from_bytes__something_else(content: bytes) -> None:
    with pytest.raises(ReducerInvalid, match="make the map again"):
        reducers.from_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        {"mean": np.ones(3, np.float32)},
        {"anchors": np.ones((5, 2), np.float32)},
        {"places": np.ones((4, 2), np.float32)},
        {"centre": np.zeros(5, np.float32)},
        {"directions": np.full((4, 3), np.nan, np.float32)},
        {"scale": 0.0},
    ],
)
def test_from_bytes__contradictions(change: dict[str, object]) -> None:
    with pytest.raises(ReducerInvalid):
        reducers.from_bytes(replace(REDUCER, **change).to_bytes())  # type: ignore[arg-type]


def test_from_bytes__too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducers, "MAX_BYTES", 100)

    with pytest.raises(ReducerInvalid, match="too large"):
        reducers.from_bytes(REDUCER.to_bytes())
