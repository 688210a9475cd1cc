from __future__ import annotations

import io
import pickle
from dataclasses import replace

import numpy as np
import pytest

from loupe_reduction.domain import heads
from loupe_reduction.domain.errors import HeadInvalid
from loupe_reduction.domain.heads import Head, HeadKind


def _head() -> Head:
    rng = np.random.default_rng(0)
    return Head(
        kind=HeadKind.RBF,
        centre=rng.normal(size=6).astype(np.float32),
        spread=np.full(6, 2.0, np.float32),
        weights=rng.normal(size=(5, 3)).astype(np.float32),
        bias=rng.normal(size=3).astype(np.float32),
        sharpness=1.7,
        offsets=rng.normal(size=3).astype(np.float32),
        landmarks=rng.normal(size=(5, 6)).astype(np.float32),
        gamma=0.5,
    )


def test_to_bytes__read_again() -> None:
    head = _head()
    values = np.random.default_rng(1).normal(size=(5000, 6)).astype(np.float32)

    again = heads.from_bytes(head.to_bytes())

    assert (again.probabilities(values) == head.probabilities(values)).all()
    assert (again.class_count, again.dimension) == (3, 6)


def test_probabilities__as_by_hand() -> None:
    head = replace(
        _head(),
        kind=HeadKind.LINEAR,
        landmarks=None,
        centre=np.array([1.0], np.float32),
        spread=np.array([2.0], np.float32),
        weights=np.array([[-1.0, 1.0]], np.float32),
        bias=np.zeros(2, np.float32),
        offsets=np.array([0.0, 0.5], np.float32),
        sharpness=2.0,
    )

    said = head.probabilities(np.array([[4.0]], np.float32))

    assert said[0, 1] == pytest.approx(1 / (1 + np.exp(-(2 * 2 * 1.5 + 0.5))))


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was run",))


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        pickle.dumps(_Trap()),
        _npz(about=np.frombuffer(b'{"format": 1}', np.uint8)),
        _npz(about=np.array([_Trap()], dtype=object)),
        replace(_head(), landmarks=None).to_bytes(),
        replace(_head(), spread=np.zeros(6, np.float32)).to_bytes(),
        replace(_head(), weights=np.ones((4, 3), np.float32)).to_bytes(),
        replace(_head(), bias=np.full(3, np.nan, np.float32)).to_bytes(),
    ],
)
def test_from_bytes__something_else(content: bytes) -> None:
    with pytest.raises(HeadInvalid, match="teach it again"):
        heads.from_bytes(content)
