from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loupe_inference.domain.errors import ImageObjectMissing, ImageTooLarge, ImageUndecodable
from loupe_inference.models import images
from loupe_inference.models.images import Content, DecodedImage


def encoded(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def decode(data: bytes | Path, *, max_pixels: int = 1_000_000) -> DecodedImage:
    return images.decode(data, 32, 24, max_pixels)


def two_halves(width: int = 64, height: int = 48) -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF"])
def test_decode__every_format(image_format: str) -> None:
    decoded = decode(encoded(Image.new("RGB", (50, 40), (200, 100, 50)), image_format))

    assert decoded.pixels.shape == (24, 32, 3)
    assert decoded.pixels.dtype == np.uint8
    assert (decoded.original_width, decoded.original_height) == (50, 40)
    assert np.allclose(decoded.pixels, (200, 100, 50), atol=4)


def test_decode__a_file(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(encoded(Image.new("L", (10, 10), 7)))

    assert (decode(path).pixels == 7).all()


def test_decode__file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageObjectMissing) as raised:
        decode(tmp_path / "gone.png")

    assert raised.value.metadata == {"object_key": "gone.png"}


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"%PDF-1.7 \n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + b"\0" * 50],
    ids=["empty", "text", "pdf", "png without chunks", "jpeg without scan"],
)
def test_decode__no_image(data: bytes) -> None:
    with pytest.raises(ImageUndecodable) as raised:
        decode(data)

    assert raised.value.metadata["detail"]


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_decode__truncated(image_format: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    data = encoded(noise, image_format)

    with pytest.raises(ImageUndecodable):
        decode(data[: len(data) // 2])


def test_decode__format_outside_the_list() -> None:
    with pytest.raises(ImageUndecodable):
        decode(encoded(Image.new("RGB", (8, 8)), "PPM"))


def test_decode__too_many_pixels_is_told_without_decoding() -> None:
    bomb = encoded(Image.new("1", (30_000, 30_000)))

    with pytest.raises(ImageTooLarge) as raised:
        decode(bomb, max_pixels=400_000_000)

    assert raised.value.metadata == {"unit": "pixels", "actual": "900000000", "limit": "400000000"}


def test_decode__large_jpeg_is_reduced_to_the_same_picture() -> None:
    decoded = decode(encoded(two_halves(800, 600), "JPEG", quality=95))

    assert (decoded.original_width, decoded.original_height) == (800, 600)
    assert np.allclose(decoded.pixels[12, 4], (255, 0, 0), atol=6)
    assert np.allclose(decoded.pixels[12, 28], (0, 0, 255), atol=6)


@pytest.mark.parametrize("image_format", ["PNG", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "red_at", "size"),
    [
        (1, "left", (64, 48)),
        (2, "right", (64, 48)),
        (3, "right", (64, 48)),
        (4, "left", (64, 48)),
        (5, "top", (48, 64)),
        (6, "top", (48, 64)),
        (7, "bottom", (48, 64)),
        (8, "bottom", (48, 64)),
    ],
)
def test_decode__orientation_is_applied(
    orientation: int, red_at: str, size: tuple[int, int], image_format: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encoded(two_halves(), image_format, exif=exif))

    place = {"left": (12, 2), "right": (12, 29), "top": (2, 16), "bottom": (21, 16)}[red_at]
    assert (decoded.original_width, decoded.original_height) == size
    assert decoded.pixels.shape == (24, 32, 3)
    assert decoded.pixels[place].tolist() == [255, 0, 0]


def test_decode__grey_has_three_equal_channels() -> None:
    decoded = decode(encoded(Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))))

    assert (decoded.pixels[..., 0] == decoded.pixels[..., 2]).all()


@pytest.mark.parametrize(("bits", "value"), [(10, 512), (12, 2048), (14, 8192), (16, 32768)])
def test_decode__deep_grey_keeps_its_brightness(bits: int, value: int) -> None:
    values = np.full((20, 20), value, dtype=np.uint16)
    values[0, 0] = (1 << bits) - 1

    pixels = decode(encoded(Image.fromarray(values))).pixels

    assert pixels[-1, -1].tolist() == [128, 128, 128]


def test_decode__float_within_0_and_1() -> None:
    values = np.full((20, 20), 0.5, dtype=np.float32)

    assert (decode(encoded(Image.fromarray(values), "TIFF")).pixels == 127).all()


def test_decode__float_of_any_range_is_stretched() -> None:
    values = np.full((20, 20), -1000.0, dtype=np.float32)
    values[:, 10:] = 1000.0
    values[5, 2] = np.nan

    pixels = decode(encoded(Image.fromarray(values), "TIFF")).pixels

    assert pixels[20, 2, 0] == 0
    assert pixels[20, 30, 0] == 255


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_decode__transparent_is_white(mode: str) -> None:
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0)).convert(mode)

    assert (decode(encoded(image)).pixels == 255).all()


@pytest.mark.parametrize("mode", ["1", "CMYK", "P", "YCbCr"])
def test_decode__other_modes(mode: str) -> None:
    decoded = decode(encoded(Image.new("RGB", (10, 10), "white").convert(mode), "TIFF"))

    assert np.allclose(decoded.pixels, 255, atol=2)


def test_decode__first_frame_of_several() -> None:
    frames = [Image.new("RGB", (10, 10), color) for color in ("red", "blue")]
    data = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])

    assert decode(data).pixels[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("size", "content"),
    [
        ((64, 48), Content(0, 0, 32, 24)),
        ((64, 24), Content(0, 6, 32, 12)),
        ((48, 64), Content(7, 0, 18, 24)),
        ((4000, 1), Content(0, 11, 32, 1)),
        ((8, 6), Content(0, 0, 32, 24)),
    ],
)
def test_decode__keeps_its_shape_between_bars(size: tuple[int, int], content: Content) -> None:
    image = encoded(Image.new("RGB", size, "white"))

    decoded = images.decode(image, 32, 24, 10_000, keeps_aspect=True)

    shown = np.zeros((24, 32), bool)
    shown[content.top : content.top + content.height, content.left : content.left + content.width] = True
    assert decoded.content == content
    assert decoded.pixels.shape == (24, 32, 3)
    assert (decoded.pixels == np.where(shown, 255, 0)[..., None]).all()


def test_decode__sideways_image_keeps_the_shape_that_people_see() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    decoded = images.decode(encoded(two_halves(), "PNG", exif=exif), 32, 24, 10_000, keeps_aspect=True)

    assert decoded.content == Content(7, 0, 18, 24)
    assert (decoded.original_width, decoded.original_height) == (48, 64)
    assert decoded.pixels[2, 16].tolist() == [255, 0, 0]
    assert decoded.pixels[2, 3].tolist() == [0, 0, 0]


def test_decode__stretched_image_fills_everything() -> None:
    assert decode(encoded(two_halves())).content == Content(0, 0, 32, 24)
