"""Cutting images: every pixel arrives, at every size, with all its bits."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from loupe_project.adapters.tiles import cutter, png
from loupe_project.domain import tiles
from loupe_project.domain.tiles import TILE, Pyramid

WIDTH, HEIGHT = 1301, 701
_LOSSLESS: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}}


def make_pixels(kind: Any, channels: int = 1) -> NDArray[Any]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [(x * 3 + y * (5 + number)) % 4001 for number in range(channels)]
    pixels = np.stack(planes, axis=2).astype(kind)
    return pixels[:, :, 0] if channels == 1 else pixels


def cut(folder: Path, image: Image.Image | bytes, image_format: str, **options: Any) -> tuple[Pyramid, bytes]:
    source, target = folder / "image", folder / "pyramid"
    if isinstance(image, bytes):
        source.write_bytes(image)
    else:
        image.save(source, image_format, **options)
    cutter.cut((str(source), image_format, str(target)), lambda _: None)
    data = target.read_bytes()
    return tiles.unpack(data), data


def level_of(pyramid: Pyramid, data: bytes, level: int) -> NDArray[Any]:
    """A level, put together again."""
    at = pyramid.levels[level]
    places = [[pyramid.places[at.number(x, y)] for x in range(at.columns)] for y in range(at.rows)]
    whole = np.vstack([np.hstack([png.decode(data[start : start + size]) for start, size in row]) for row in places])
    assert whole.shape[:2] == (at.height, at.width)
    return whole


def test_cut__every_pixel_of_16_bits_arrives(tmp_path: Path) -> None:
    pixels = make_pixels(np.uint16)

    pyramid, data = cut(tmp_path, Image.fromarray(pixels), "PNG")

    assert (pyramid.width, pyramid.height, pyramid.values.bits) == (WIDTH, HEIGHT, 16)
    assert np.array_equal(level_of(pyramid, data, 0)[:, :, 0], pixels)
    assert (pyramid.values.minimum, pyramid.values.maximum) == (pixels.min(), pixels.max())
    assert sum(pyramid.values.histogram) == pixels.size
    assert np.mean(pixels < pyramid.values.low) <= tiles.LEFT_OUT
    assert np.mean(pixels > pyramid.values.high) <= tiles.LEFT_OUT
    assert pyramid.values.minimum < pyramid.values.low < pyramid.values.high < pyramid.values.maximum


def test_cut__each_level_is_the_mean_of_the_one_before(tmp_path: Path) -> None:
    pyramid, data = cut(tmp_path, Image.fromarray(make_pixels(np.uint8, 3)), "PNG")

    for level in range(1, len(pyramid.levels)):
        larger, smaller = level_of(pyramid, data, level - 1), level_of(pyramid, data, level)
        even = larger[: larger.shape[0] // 2 * 2, : larger.shape[1] // 2 * 2].astype(np.uint32)
        means = (even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2] + 2) // 4
        assert np.array_equal(smaller[: means.shape[0], : means.shape[1]], means)
    assert max(pyramid.levels[-1].width, pyramid.levels[-1].height) <= TILE


def test_cut__colours_of_16_bits(tmp_path: Path) -> None:
    pixels = make_pixels(np.uint16, 3)

    pyramid, data = cut(tmp_path, png.encode(pixels), "PNG")

    assert np.array_equal(level_of(pyramid, data, 0), pixels)


@pytest.mark.parametrize(
    ("image_format", "options"), [("TIFF", {"compression": "tiff_lzw"}), ("BMP", {}), ("WEBP", {"lossless": True})]
)
def test_cut__formats_without_loss(tmp_path: Path, image_format: str, options: dict[str, Any]) -> None:
    pixels = make_pixels(np.uint8, 3)

    pyramid, data = cut(tmp_path, Image.fromarray(pixels), image_format, **options)

    assert pyramid.values.bits == 8
    assert np.array_equal(level_of(pyramid, data, 0), pixels)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_cut__jpeg(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(make_pixels(np.uint8, 3)).convert(mode)

    pyramid, data = cut(tmp_path, image, "JPEG", quality=95)

    assert level_of(pyramid, data, 0).shape == (HEIGHT, WIDTH, 1 if mode == "L" else 3)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_cut__the_right_way_up(tmp_path: Path, image_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    image = Image.fromarray(make_pixels(np.uint8, 3))

    pyramid, data = cut(tmp_path, image, image_format, exif=exif, **_LOSSLESS.get(image_format, {}))

    with Image.open(tmp_path / "image") as stored:
        upright = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    assert upright.shape == ((WIDTH, HEIGHT, 3) if orientation > 4 else (HEIGHT, WIDTH, 3))
    assert np.array_equal(upright, make_pixels(np.uint8, 3)) == (orientation == 1)
    assert (pyramid.height, pyramid.width) == upright.shape[:2]
    assert np.array_equal(level_of(pyramid, data, 0), upright)


def test_cut__floats_keep_their_meaning(tmp_path: Path) -> None:
    pixels = (make_pixels(np.float32) / 1000.0 - 2.0).astype(np.float32)
    pixels[5, 5] = np.nan

    pyramid, data = cut(tmp_path, Image.fromarray(pixels), "TIFF")

    values = pyramid.values
    found = values.offset + values.step * level_of(pyramid, data, 0)[:, :, 0]
    usable = np.isfinite(pixels)
    assert values.bits == 32
    assert np.allclose(found[usable], pixels[usable], atol=values.step)
    assert (values.minimum, values.maximum) == pytest.approx((np.nanmin(pixels), np.nanmax(pixels)), abs=values.step)


def test_cut__palette_is_shown_in_its_colours(tmp_path: Path) -> None:
    image = Image.fromarray(make_pixels(np.uint8, 3)).quantize(16)

    pyramid, data = cut(tmp_path, image, "PNG")

    assert np.array_equal(level_of(pyramid, data, 0)[:, :, :3], np.asarray(image.convert("RGB")))


def test_cut__all_of_one_value(tmp_path: Path) -> None:
    pyramid, data = cut(tmp_path, Image.new("L", (3, 2), 7), "PNG")

    assert level_of(pyramid, data, 0).ravel().tolist() == [7] * 6
    assert (pyramid.values.minimum, pyramid.values.maximum, pyramid.values.histogram) == (7, 7, (6,))


def test_cut__cut_short(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.fromarray(make_pixels(np.uint16)).save(whole, "PNG")

    with pytest.raises(Exception, match=r"."):
        cut(tmp_path, whole.getvalue()[:2000], "PNG")
