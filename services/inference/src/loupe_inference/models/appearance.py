"""How bright, rich in contrast and sharp an image is: three numbers that need no network."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from loupe_inference.domain.analysis import Appearance

_LONGEST = 256
"""Larger images are looked at through a frame of so many pixels a side, in their middle, to keep the cost small."""


def measure(image: Image.Image) -> Appearance:
    """The appearance of an image as a network gets it.

    Brightness is the mean luminance. Contrast is its standard deviation. Sharpness is the standard deviation of the
    luminance's Laplacian (four neighbours) divided by that of the luminance: unlike the usual variance of the Laplacian
    (Pech-Pacheco et al., 2000) it does not move when the light does.

    Args:
        image: Mode RGB, scaled, without bars.
    """
    grey = np.asarray(image.convert("L"))
    values = _middle(grey).astype(np.int16)
    brightness, contrast = float(values.mean()), float(values.std())
    sharpness = 0.0
    if contrast > 0 and min(values.shape) > 2:
        inner = values[1:-1, 1:-1]
        laplacian = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * inner
        sharpness = float(laplacian.std()) / contrast
    return Appearance(brightness / 255, contrast / 255, sharpness)


def _middle(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    top, left = (max(0, (side - _LONGEST) // 2) for side in grey.shape)
    return grey[top : top + _LONGEST, left : left + _LONGEST]
