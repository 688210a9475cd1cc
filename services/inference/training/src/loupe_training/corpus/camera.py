"""From a drawn surface to a file: lighting, optics, sensor, compression."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from loupe_training.corpus import noise
from loupe_training.corpus.noise import Rng

Pixels = npt.NDArray[np.floating[Any]]


def lit(pixels: Pixels, rng: Rng) -> Pixels:
    """Uneven light: a gradient, vignetting, sometimes a glare or a soft shadow. (H, W, 3) to the same."""
    height, width = pixels.shape[:2]
    rows, columns = noise.coordinates(height, width)
    y, x = rows / height - 0.5, columns / width - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + rng.uniform(0, 0.35) * (x * np.cos(angle) + y * np.sin(angle)) * 2
    light -= rng.uniform(0, 0.5) * (x**2 + y**2)
    if rng.random() < 0.2:
        shadow = (x * np.cos(angle + 1) + y * np.sin(angle + 1) - rng.uniform(-0.3, 0.3)) * rng.uniform(4, 12)
        light *= 1 - rng.uniform(0.1, 0.35) / (1 + np.exp(-shadow))
    bright: Pixels = pixels * light[..., None].astype(np.float32)
    if rng.random() < 0.2:
        at_x, at_y, reach = rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), rng.uniform(0.08, 0.3)
        glare = np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / reach**2) * rng.uniform(0.08, 0.3)
        bright += glare[..., None].astype(np.float32)
    return bright


def photographed(pixels: Pixels, rng: Rng, *, colour: bool) -> Pixels:
    """Through optics onto a sensor. (H, W, 3) to (H, W, 3), or (H, W) for a grey sensor; [0, 1]."""
    exposed = np.clip(pixels * rng.uniform(0.75, 1.2), 0, 1) ** rng.uniform(0.8, 1.25)
    if not colour:
        exposed = exposed @ np.array([0.3, 0.59, 0.11], np.float32)
    seen = np.asarray(_blurred(Image.fromarray((exposed * 255).astype(np.uint8)), rng), np.float32) / 255
    deviation = rng.uniform(0.001, 0.02) + rng.uniform(0, 0.02) * np.sqrt(seen)
    return np.clip(seen + rng.standard_normal(seen.shape, dtype=np.float32) * deviation, 0, 1).astype(np.float32)


def encoded(pixels: Pixels, rng: Rng) -> bytes:
    """The file that a camera writes: PNG or JPEG of 8 bits; grey also PNG with 10, 12 or 16 bits in 16."""
    file = io.BytesIO()
    if pixels.ndim == 2 and rng.random() < 0.25:
        top = 2 ** int(rng.choice([10, 12, 16])) - 1
        Image.fromarray((pixels * top).astype(np.uint16)).save(file, "PNG", compress_level=1)
        return file.getvalue()
    image = Image.fromarray((pixels * 255 + 0.5).astype(np.uint8))
    if rng.random() < 0.4:
        image.save(file, "PNG", compress_level=1)
    else:
        image.save(file, "JPEG", quality=int(rng.integers(55, 96)))
    return file.getvalue()


def _blurred(image: Image.Image, rng: Rng) -> Image.Image:
    kind = rng.random()
    if kind < 0.5:
        return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.3) * max(image.size) / 320))
    if kind < 0.65:
        # Motion: one row, column or diagonal of a 5 × 5 kernel.
        kernel = np.zeros((5, 5))
        along = rng.integers(3)
        kernel[(2, slice(None)) if along == 0 else (slice(None), 2) if along == 1 else (range(5), range(5))] = 1
        return image.filter(ImageFilter.Kernel((5, 5), kernel.ravel().tolist()))
    return image
