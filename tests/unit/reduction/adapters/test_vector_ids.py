from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe_reduction.adapters.vector_ids import RowsOfIds


@pytest.mark.parametrize("width", [16, 18])
def test_find__as_by_hand(width: int) -> None:
    @settings(deadline=None)
    @given(
        kept=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), unique=True, max_size=20),
        wanted=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10)), max_size=20),
    )
    def check(kept: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> None:
        def ids(pairs: list[tuple[int, int]]) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
            packed = b"".join(first.to_bytes(8) + last.to_bytes(width - 8) for first, last in pairs)
            return np.frombuffer(packed, f"S{width}")

        rows = RowsOfIds(ids(kept)).find(ids(wanted))

        assert rows.tolist() == [kept.index(one) if one in kept else -1 for one in wanted]

    check()
