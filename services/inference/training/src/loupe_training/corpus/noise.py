"""Random textures. H: height, W: width, in pixels; all arrays have mean 0 and deviation about 1."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Field = npt.NDArray[np.floating[Any]]
"""One value for each pixel."""
Rng = np.random.Generator


def grain(rng: Rng, height: int, width: int) -> Field:
    """Independent values, (H, W)."""
    return rng.standard_normal((height, width), dtype=np.float32)


def smooth(rng: Rng, height: int, width: int, cell: float, stretch: float = 1.0) -> Field:
    """Soft hills, (H, W).

    Args:
        rng: Source of randomness.
        height: Rows.
        width: Columns.
        cell: Distance of hills in pixels, down the image.
        stretch: How much longer than high the hills are.
    """
    rows, columns = max(2, round(height / cell) + 1), max(2, round(width / (cell * stretch)) + 1)
    return resized(grain(rng, rows, columns), height, width) * 1.5


def fractal(rng: Rng, height: int, width: int, cell: float, octaves: int = 4) -> Field:
    """Hills on hills, each half as wide and 0.6 times as high, (H, W)."""
    total = np.zeros((height, width), np.float32)
    weight, power = 1.0, 0.0
    for _ in range(octaves):
        total += weight * smooth(rng, height, width, cell)
        power += weight**2
        weight, cell = weight * 0.6, cell / 2
        if cell < 1:
            break
    return total / np.float32(np.sqrt(power))


def lines(rng: Rng, across: Field, cell: float) -> Field:
    """Stripes: the same value wherever `across`, a coordinate in pixels, is the same; (H, W).

    Args:
        rng: Source of randomness.
        across: Coordinate at right angles to the stripes, (H, W).
        cell: Width of a stripe in pixels.
    """
    steps = across / cell
    first = np.floor(steps.min())
    at = (steps - first).astype(np.float32)
    values = grain(rng, 1, int(at.max()) + 3)[0]
    left = at.astype(np.int32)
    part = at - left
    striped: Field = values[left] * (1 - part) + values[left + 1] * part
    return striped


def resized(field: Field, height: int, width: int) -> Field:
    """The field scaled with bicubic interpolation to (H, W)."""
    image = Image.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def coordinates(height: int, width: int) -> tuple[Field, Field]:
    """Row and column of each pixel, (H, W) each."""
    rows, columns = np.indices((height, width), dtype=np.float32)
    return rows, columns


def relief(heights: Field, angle: float) -> Field:
    """How a surface with these heights shines when light comes from `angle` (radians), (H, W)."""
    down, right = np.gradient(heights)
    shine: Field = (down * np.sin(angle) + right * np.cos(angle)).astype(np.float32)
    return shine
