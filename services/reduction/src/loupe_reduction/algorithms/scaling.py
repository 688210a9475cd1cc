"""Keeps squares of vectors within what float32 can hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tamed(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Returns the values scaled so that squares neither overflow nor vanish, and the factor they were divided by.

    The factor is a power of two, so no digit is lost; it is 1 for values of usual size.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0 or 1e-4 < largest < 1e6:
        return values, 1.0
    scale = float(2.0 ** np.floor(np.log2(largest)))
    return (values / scale).astype(np.float32), scale
