"""How bright, rich in contrast and sharp an image is: three numbers that need no network."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from loupe_inference.domain.analysis import Appearance

_FRAME = 160
"""Sharpness is looked at through a frame of so many pixels a side, in the middle: all three take 0.2 ms then."""
_LEVELS = np.arange(256, dtype=np.float64)


def measure(image: Image.Image) -> Appearance:
    """The appearance of an image as a network gets it.

    Brightness is the mean luminance. Contrast is its standard deviation. Sharpness is the standard deviation of the
    luminance's Laplacian (four neighbours) divided by that of the luminance: unlike the usual variance of the Laplacian
    (Pech-Pacheco et al., 2000) it does not move when the light does.

    Args:
        image: Mode RGB, scaled, without bars.
    """
    grey = image.convert("L")
    counts = np.array(grey.histogram(), dtype=np.float64)
    brightness = float(counts @ _LEVELS / counts.sum())
    contrast = float(np.sqrt(counts @ (_LEVELS - brightness) ** 2 / counts.sum()))
    return Appearance(brightness / 255, contrast / 255, _sharpness(grey))


def _sharpness(grey: Image.Image) -> float:
    left, top = (max(0, (side - _FRAME) // 2) for side in grey.size)
    right, bottom = (min(side, start + _FRAME) for side, start in zip(grey.size, (left, top), strict=True))
    values = np.asarray(grey.crop((left, top, right, bottom))).astype(np.float32)
    if min(values.shape) < 3:
        return 0.0
    laplacian = values[1:-1, 1:-1] * -4
    for neighbour in (values[:-2, 1:-1], values[2:, 1:-1], values[1:-1, :-2], values[1:-1, 2:]):
        laplacian += neighbour
    deviation = _deviation(values)
    return _deviation(laplacian) / deviation if deviation > 0 else 0.0


def _deviation(values: npt.NDArray[np.float32]) -> float:
    """Standard deviation of all values."""
    centred = (values - values.mean()).ravel()
    return float(np.sqrt(np.dot(centred, centred) / centred.size))
