import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from loupe_project.adapters.intake import png


def _png(mode: str = "L", size: tuple[int, int] = (33, 21)) -> bytes:
    draw = np.random.default_rng(1)
    pixels = draw.integers(0, 255, (size[1], size[0], 4), np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels, "RGBA").convert(mode).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_check__whole_files_of_every_kind(mode: str) -> None:
    if mode == "I;16":
        target = io.BytesIO()
        Image.fromarray(np.arange(40 * 30, dtype=np.uint16).reshape(30, 40)).save(target, "PNG")
        png.check(target.getvalue())
    else:
        png.check(_png(mode))


@given(st.integers(8, len(_png()) - 1))
def test_check__cut_anywhere(length: int) -> None:
    with pytest.raises((ValueError, zlib.error)):
        png.check(_png()[:length])


@given(st.integers(8, len(_png()) - 1), st.integers(1, 255))
def test_check__any_wrong_byte(position: int, flip: int) -> None:
    data = bytearray(_png())
    data[position] ^= flip
    with pytest.raises((ValueError, zlib.error, struct.error, KeyError)):
        png.check(bytes(data))


def test_check__header_promises_more_pixels_than_there_are() -> None:
    data = _png()
    header = bytearray(data[12:29])
    header[4:8] = (5000).to_bytes(4, "big")
    forged = data[:12] + bytes(header) + struct.pack(">L", zlib.crc32(bytes(header))) + data[33:]

    with pytest.raises(ValueError, match="pixels are missing"):
        png.check(forged)


def test_is_interlaced__pillow_writes_none() -> None:
    assert not png.is_interlaced(_png())
