from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loupe_kit import ids
from loupe_project.adapters.search import row_ids


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**64 - 1)), max_size=30, unique=True))
def test_in_order__as_the_packed_ids_sort(pairs: list[tuple[int, int]]) -> None:
    high, low = np.array(pairs, np.uint64).reshape(-1, 2).T

    order = row_ids.in_order(high, low)

    packed = [high_.to_bytes(8) + low_.to_bytes(8) for high_, low_ in pairs]
    assert row_ids.packed_bytes(high[order], low[order]).tobytes() == b"".join(sorted(packed))


def test_packed_bytes__as_ids_pack_them() -> None:
    image_ids = [ids.new_id() for _ in range(20)]

    assert row_ids.packed_bytes(*row_ids.halves(image_ids)).tobytes() == ids.pack_ids(image_ids)
    assert row_ids.texts(*row_ids.halves(image_ids)) == image_ids
