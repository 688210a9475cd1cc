"""Encoded image → RGB pixels at the size a network wants.

The whole image is scaled, not cropped: a defect at the edge counts. It is stretched to the wanted shape, or keeps its
own between black bars, as the network was trained. Of files with several frames the first one is taken.
"""

import io
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from loupe_inference.domain.analysis import Appearance, ImageSource
from loupe_inference.domain.errors import ImageObjectMissing, ImageTooLarge, ImageUndecodable
from loupe_inference.models import appearance
from loupe_kit.errors import LoupeError

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF")
"""Formats that are decoded; Pillow knows more, with decoders that are less looked after."""

_BIG_PIXELS = 32_000_000
_ORIENTATION_TAG = 0x0112
_SIDEWAYS = frozenset({5, 6, 7, 8})

# The limit on pixels is a setting of ours, checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None

# Two line-scan images decoded at the same time could need gigabytes.
_one_big_image = threading.Lock()


@dataclass(frozen=True, slots=True)
class Content:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """An image, ready for a network."""

    pixels: npt.NDArray[np.uint8]
    """Array (H, W, 3), uint8, RGB, origin top left, orientation applied."""
    original_width: int
    """Width before scaling, orientation applied, in pixels."""
    original_height: int
    """Height before scaling, orientation applied, in pixels."""
    content: Content
    """Which part of `pixels` shows the image; the rest is black."""
    appearance: Appearance | None = None
    """How it looks; None: not measured."""


def decode(
    source: ImageSource, width: int, height: int, max_pixels: int, *, keeps_aspect: bool = False
) -> DecodedImage:
    """Decode an image and scale it to `width` × `height`.

    Grey becomes three equal channels. Deep grey (10 to 16 bits, integers, floats) is brought to 8 bits, see
    `_to_8_bits`. Transparent parts become white. EXIF orientation is applied.

    Args:
        source: The encoded image.
        width: Wanted width in pixels.
        height: Wanted height in pixels.
        max_pixels: Refuse images with more.
        keeps_aspect: Whether the image keeps its shape, in the middle between black bars; else it is stretched.

    Raises:
        ImageUndecodable: If the bytes are no image of a known format, or a broken one.
        ImageTooLarge: If it has more pixels than allowed.
        ImageObjectMissing: If the file is not there.
    """
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS) as image:
            return _decode_opened(image, width, height, max_pixels, keeps_aspect)
    except LoupeError:
        raise
    except FileNotFoundError as error:
        name = source.name if isinstance(source, Path) else ""
        raise ImageObjectMissing(
            f"The image file {name!r} is not in the object store; upload the image again.", object_key=name
        ) from error
    except Exception as error:  # decoders of broken files raise whatever they stumble over
        detail = _detail(error)
        raise ImageUndecodable(
            f"The file is no readable image: {detail}. Upload a whole {', '.join(FORMATS)} file.", detail=detail
        ) from error


def _detail(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no known image format"
    return (str(error) or type(error).__name__)[:200]


def _decode_opened(image: Image.Image, width: int, height: int, max_pixels: int, keeps_aspect: bool) -> DecodedImage:
    original_width, original_height = image.size
    pixel_count = original_width * original_height
    if pixel_count > max_pixels:
        raise ImageTooLarge(
            f"The image has {pixel_count:,} pixels and the limit is {max_pixels:,}; upload it in parts.",
            unit="pixels",
            actual=str(pixel_count),
            limit=str(max_pixels),
        )
    guard: AbstractContextManager[object] = _one_big_image if pixel_count > _BIG_PIXELS else nullcontext()
    with guard:
        # JPEG only: decode at 1/2, 1/4 or 1/8 of the size where that still leaves twice the wanted size.
        image.draft(None, (2 * width, 2 * height))
        # Pillow turns a TIFF itself when it decodes it, and says so from then on.
        image.load()
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
        upright = _to_8_bits(image)
        # Scale before turning: it is the smaller image that is turned. Sideways images swap their wanted sides.
        sideways = orientation in _SIDEWAYS
        if sideways:
            original_width, original_height = original_height, original_width
        content = (
            _in_the_middle(original_width, original_height, width, height)
            if keeps_aspect
            else Content(0, 0, width, height)
        )
        wanted = (content.height, content.width) if sideways else (content.width, content.height)
        scaled = upright.resize(wanted, Image.Resampling.BILINEAR, reducing_gap=2.0).convert("RGB")
    looks = appearance.measure(scaled)
    if orientation != 1:
        scaled.getexif()[_ORIENTATION_TAG] = orientation
        scaled = ImageOps.exif_transpose(scaled)
    if scaled.size != (width, height):
        bars = Image.new("RGB", (width, height))
        bars.paste(scaled, (content.left, content.top))
        scaled = bars
    return DecodedImage(np.asarray(scaled), original_width, original_height, content, looks)


def _in_the_middle(image_width: int, image_height: int, width: int, height: int) -> Content:
    """The largest rectangle of the image's shape in the middle of `width` × `height`."""
    factor = min(width / image_width, height / image_height)
    content_width = min(max(1, round(image_width * factor)), width)
    content_height = min(max(1, round(image_height * factor)), height)
    return Content((width - content_width) // 2, (height - content_height) // 2, content_width, content_height)


def _to_8_bits(image: Image.Image) -> Image.Image:
    """The image in mode L or RGB.

    Integers deeper than 8 bits are divided by the smallest of 2^8, 2^10, 2^12, 2^14, 2^16 that holds their greatest
    value: cameras put 10 or 12 bits into files of 16, and shown as they are they would be black. Floats within
    [0, 1] are taken as such; others are stretched from their least to their greatest value.
    """
    if image.mode in ("L", "RGB"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_deep_to_8_bits(np.asarray(image)))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("L" if image.mode == "LA" else "RGB")


def _deep_to_8_bits(values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Deep grey values as 8 bits: array (H, W), any number type, to array (H, W), uint8."""
    numbers = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    if np.issubdtype(values.dtype, np.integer) and low >= 0 and high < 1 << 16:
        top = next(1 << bits for bits in (8, 10, 12, 14, 16) if high < 1 << bits)
        numbers *= 256 / top
    elif np.issubdtype(values.dtype, np.floating) and low >= 0 and high <= 1:
        numbers *= 255
    else:
        numbers = (numbers - low) * (255 / max(high - low, 1e-12))
    return np.clip(numbers, 0, 255).astype(np.uint8)
