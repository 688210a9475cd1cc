"""Reads images from their top to their bottom, some rows at a time, so that hundreds of megapixels need little memory.

libvips decodes PNG, JPEG, TIFF and WebP as they are read, with all bits of their values. It has no BMP: these are
read by Pillow, whole, which their size of at most one gibibyte bounds. An image whose EXIF says that it is turned is
read the right way up; libvips then decodes it first, above 100 MB of pixels to a file in the temporary folder.
"""

from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

_LOADERS = {"PNG": "pngload", "JPEG": "jpegload", "TIFF": "tiffload", "WEBP": "webpload"}
# Those whose values are shown as they are; others, such as CMYK, are made sRGB.
_KEPT = frozenset({"b-w", "grey16", "srgb", "rgb", "rgb16", "scrgb", "multiband"})
_ORIENTATION = "orientation"
_NUMBERS = {
    "uchar": np.uint8,
    "char": np.int8,
    "ushort": np.uint16,
    "short": np.int16,
    "uint": np.uint32,
    "int": np.int32,
    "float": np.float32,
    "double": np.float64,
}


class Rows(Protocol):
    """An image that is read downwards once, the right way up."""

    width: int
    height: int
    channels: int
    """1 grey, 2 grey and alpha, 3 RGB, 4 RGBA."""
    kind: np.dtype[Any]
    """Of its values: any kind of number."""

    def read(self, first: int, count: int) -> NDArray[Any]:
        """Rows from `first` on: array (count, W, C); `first` never goes back."""
        ...


def open_rows(path: Path, image_format: str) -> Rows:
    """An image as rows.

    Args:
        path: Where it is.
        image_format: As in "PNG".
    """
    return _PillowRows(path) if image_format == "BMP" else _VipsRows(path, _LOADERS[image_format])


class _VipsRows:
    def __init__(self, path: Path, loader: str) -> None:
        load = partial(getattr(pyvips.Image, loader), str(path), fail_on="truncated")
        image = load(access="sequential")
        if image.get_typeof(_ORIENTATION) and image.get(_ORIENTATION) != 1:
            # Its upper rows may be the right column of the file.
            image = load(access="random").autorot()
        if image.interpretation not in _KEPT:
            image = image.colourspace("srgb")
        if image.bands > 4:
            image = image[:3]
        self.width, self.height, self.channels = int(image.width), int(image.height), int(image.bands)
        self.kind = np.dtype(_NUMBERS[image.format])
        self._region = pyvips.Region.new(image)

    def read(self, first: int, count: int) -> NDArray[Any]:
        data = self._region.fetch(0, first, self.width, count)
        return np.frombuffer(data, self.kind).reshape(count, self.width, self.channels)


class _PillowRows:
    def __init__(self, path: Path) -> None:
        with Image.open(path, formats=["BMP"]) as opened:
            pixels = np.asarray(opened if opened.mode in ("L", "RGB", "RGBA") else opened.convert("RGB"))
        self._pixels = pixels.reshape(*pixels.shape[:2], -1)
        self.height, self.width, self.channels = self._pixels.shape
        self.kind = np.dtype(np.uint8)

    def read(self, first: int, count: int) -> NDArray[Any]:
        return self._pixels[first : first + count]
