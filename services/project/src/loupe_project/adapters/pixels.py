"""Reads the pixels of images with Pillow, to compare them."""

import hashlib
import io
import threading
from contextlib import nullcontext

import numpy as np
from PIL import Image, ImageOps

from loupe_project.adapters.intake.pillow import FORMATS
from loupe_project.domain.likeness import SIDE, Fingerprint

ALONE_PIXELS = 16_000_000
"""Images of more pixels are decoded one at a time: a line scan of 400 megapixels takes a gigabyte."""


class PillowPixels:
    """See `ports.curation.PixelReader`."""

    def __init__(self) -> None:
        self._large = threading.Lock()

    def fingerprint(self, content: bytes) -> Fingerprint:
        """See the port."""
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            is_large = opened.width * opened.height > ALONE_PIXELS
            with self._large if is_large else nullcontext():
                return self._read(opened)

    def _read(self, opened: Image.Image) -> Fingerprint:
        image = ImageOps.exif_transpose(opened)
        digest = hashlib.sha256(f"{image.mode} {image.size}".encode())
        digest.update(image.tobytes())
        grey = _grey(image).resize((SIDE, SIDE), Image.Resampling.HAMMING)
        return Fingerprint(digest.digest(), image.width * image.height, np.asarray(grey, np.uint8))


def _grey(image: Image.Image) -> Image.Image:
    """The image in 8 bits of grey; of more bits with its brightest value as white."""
    if not image.mode.startswith(("I", "F")):
        return image.convert("L")
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0.0, neginf=0.0)
    return Image.fromarray(np.clip(values * (255.0 / max(float(values.max()), 1e-9)), 0, 255).astype(np.uint8))
