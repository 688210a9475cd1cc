from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from loupe_reduction.adapters import vector_parts
from loupe_reduction.adapters.vector_parts import Parts


def _groups(sizes: list[int]) -> NDArray[np.float32]:
    """Groups of so many vectors of length 1 around directions that all have much in common."""
    rng = np.random.default_rng(0)
    centres = 1 + rng.normal(0, 0.5, (len(sizes), 64))
    values = np.repeat(centres, sizes, axis=0) + rng.normal(0, 0.05, (sum(sizes), 64))
    unit: NDArray[np.float32] = (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _lie_in_their_nearest(values: NDArray[np.float32], parts: Parts) -> bool:
    likeness = values @ parts.centres.T
    own = likeness[np.arange(len(values)), parts.part_of_rows()]
    return bool((own > likeness.max(axis=1) - 1e-5).all())


def test_cut__no_part_is_much_larger_than_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_parts, "ROWS_A_PART", 50)
    values = _groups([25] * 160 + [500] * 4)

    parts = vector_parts.cut(lambda rows: values[rows], len(values), 1, seed=0)

    sizes = np.diff(parts.starts)
    assert sizes.max() <= 1.5 * vector_parts.LARGEST * 50
    assert len(sizes) <= 2.5 * len(values) / 50
    assert sorted(parts.rows.tolist()) == list(range(len(values)))
    assert _lie_in_their_nearest(values, parts)
    assert (parts.rows[parts.places] == np.arange(len(values))).all()


def test_add__rows_go_where_a_cut_would_put_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_parts, "ROWS_A_PART", 50)
    values = _groups([100] * 12)[np.random.default_rng(1).permutation(1200)]
    parts = vector_parts.cut(lambda rows: values[rows], 1000, 1, seed=0)

    more = vector_parts.add(lambda rows: values[rows], 1200, 2, parts)

    assert _lie_in_their_nearest(values, more)
    assert (more.trained, more.edition) == (1000, 2)
