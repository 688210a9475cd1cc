from __future__ import annotations

import numpy as np
import pytest

from loupe_kit import ids
from loupe_reduction.domain.errors import DuplicateImage, ImageIdsInvalid
from loupe_reduction.domain.features import ImageIds


def test_image_ids__found_in_any_order() -> None:
    texts = [ids.new_id() for _ in range(20)]
    images = ImageIds(ids.pack_ids(texts))

    found = images.find(ids.pack_ids([texts[7], ids.new_id(), texts[0]]))

    assert found.tolist() == [7, -1, 0]
    assert images.text(7) == texts[7]
    assert images.pack(np.asarray([3, 1])) == ids.pack_ids([texts[3], texts[1]])


def test_image_ids__ending_in_zeros() -> None:
    first, second = b"\x01" * 15 + b"\x00", b"\x01" * 14 + b"\x00\x00"
    images = ImageIds(first + second)

    assert images.find(second + first).tolist() == [1, 0]
    assert images.pack(np.asarray([1, 0])) == second + first
    assert images.text(1) == "01010101-0101-0101-0101-010101010000"


def test_image_ids__twice() -> None:
    one = ids.new_id()
    with pytest.raises(DuplicateImage, match=one):
        ImageIds(ids.pack_ids([one, ids.new_id(), one]))


def test_image_ids__broken_length() -> None:
    with pytest.raises(ImageIdsInvalid):
        ImageIds(b"x" * 17)
