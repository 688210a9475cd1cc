"""Our own PNG files."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from loupe_project.adapters.tiles import png
from loupe_project.adapters.tiles.render import PngRenderer
from loupe_project.domain.tiles import Values, Window


def make_pixels(channels: int, kind: Any = np.uint8) -> np.ndarray[Any, Any]:
    top = np.iinfo(kind).max
    return np.random.default_rng(7).integers(0, top, size=(31, 17, channels), dtype=kind, endpoint=True)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_decode__gives_what_was_encoded(channels: int, kind: Any) -> None:
    pixels = make_pixels(channels, kind)

    found = png.decode(png.encode(pixels))

    assert found.dtype == kind
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_encode__others_read_it(channels: int) -> None:
    pixels = make_pixels(channels)

    with Image.open(io.BytesIO(png.encode(pixels))) as image:
        assert image.mode == ("L", "LA", "RGB", "RGBA")[channels - 1]
        assert np.array_equal(np.asarray(image).reshape(pixels.shape), pixels)


def test_encode__others_read_16_bits() -> None:
    pixels = make_pixels(1, np.uint16)

    with Image.open(io.BytesIO(png.encode(pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels[:, :, 0])


def test_encode__a_part_of_rows() -> None:
    pixels = make_pixels(3)

    assert np.array_equal(png.decode(png.encode(pixels[3:20, 5:9])), pixels[3:20, 5:9])


def test_render__a_window_of_values() -> None:
    pixels = np.array([[0, 100, 150, 200, 65_535]], np.uint16).reshape(1, 5, 1)
    values = Values(16, 0.0, 65_535.0, 0.0, 65_535.0, (1,))

    drawn = png.decode(PngRenderer().render(png.encode(pixels), values, Window(100, 200)))

    assert drawn.dtype == np.uint8
    assert drawn.ravel().tolist() == [0, 0, 128, 255, 255]


def test_render__values_that_are_no_bytes_and_alpha() -> None:
    pixels = np.array([[[0, 0x8000]], [[10, 0xFFFF]]], np.uint16)
    values = Values(32, -1.0, 1.0, -1.0, 1.0, (1,), offset=-1.0, step=0.2)

    drawn = png.decode(PngRenderer().render(png.encode(pixels), values, Window(-1, 1)))

    assert drawn.reshape(2, 2).tolist() == [[0, 0x80], [255, 0xFF]]
