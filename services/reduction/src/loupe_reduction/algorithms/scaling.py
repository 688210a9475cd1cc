"""Keeps squares of vectors within what float32 can hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.parallel import chunk_pool, map_chunks
from loupe_reduction.algorithms.vectors import Vectors

CHUNK = 2048


def tamed(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Returns the values scaled so that squares neither overflow nor vanish, and the factor they were divided by.

    See `taming_scale` for the factor.
    """
    scale = taming_scale(values)
    return (values if scale == 1.0 else (values / scale).astype(np.float32)), scale


def taming_scale(values: Vectors, *, threads: int = 1) -> float:
    """Returns the factor to divide values by so that squares neither overflow nor vanish.

    It is a power of two, so no digit is lost; it is 1 for values of usual size.
    """

    def largest_of(start: int, end: int) -> float:
        part = values[start:end]
        return float(max(part.max(initial=0.0), -part.min(initial=0.0)))

    with chunk_pool(threads) as pool:
        largest = max(map_chunks(largest_of, len(values), CHUNK, pool), default=0.0)
    if largest == 0.0 or 1e-4 < largest < 1e6:
        return 1.0
    return float(2.0 ** np.floor(np.log2(largest)))
