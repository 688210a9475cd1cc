from __future__ import annotations

import numpy as np
import pytest

from loupe_inference.domain.errors import FeatureBlockInvalid, FeatureIdsInvalid
from loupe_inference.domain.features import block_from_bytes, check_ids

TWO_IDS = bytes(32)


def test_block_from_bytes__rows_are_vectors() -> None:
    values = np.arange(6, dtype="<f4")

    block = block_from_bytes(TWO_IDS, 3, values.tobytes())

    assert block.values.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("image_ids", "dimension", "size"),
    [(b"", 3, 0), (bytes(17), 3, 12), (TWO_IDS, 0, 0), (TWO_IDS, 16_385, 131_080), (TWO_IDS, 3, 23), (TWO_IDS, -1, 8)],
)
def test_block_from_bytes__sizes_that_contradict(image_ids: bytes, dimension: int, size: int) -> None:
    with pytest.raises(FeatureBlockInvalid):
        block_from_bytes(image_ids, dimension, bytes(size))


@pytest.mark.parametrize("image_ids", [b"", bytes(15), bytes(16 * 1_000_001)], ids=["none", "torn", "too many"])
def test_check_ids__refused(image_ids: bytes) -> None:
    with pytest.raises(FeatureIdsInvalid):
        check_ids(image_ids)


def test_check_ids__none_may_be_allowed() -> None:
    assert check_ids(b"", allow_empty=True) == b""
