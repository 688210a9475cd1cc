"""Vectors as numbers of one byte, and how alike they are.

Letters in shapes: N vectors of D numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.adapters.vector_files import Codes, Rows

_AT_ONCE = 256
"""Vectors that are worked on at a time: they stay in a core's cache."""

_SHORTEST = 1e-30
"""Vectors that are shorter have no direction that could be told."""


def coded(values: NDArray[np.float32]) -> tuple[Codes, NDArray[np.float32], NDArray[np.bool_]]:
    """Writes vectors of length 1 as numbers of one byte with one scale a vector.

    Args:
        values: array (N, D), float32, of any length.

    Returns:
        Codes (N, D) and scales (N,), whose products are the vectors, and which of them have a direction.
    """
    codes, scales = np.zeros(values.shape, np.int8), np.zeros(len(values), np.float32)
    usable = np.zeros(len(values), np.bool_)
    for start in range(0, len(values), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        lengths = np.sqrt(np.einsum("nd,nd->n", values[block], values[block], dtype=np.float64))
        usable[block] = fine = np.isfinite(lengths) & (lengths > _SHORTEST)
        some = values[block][fine]
        largest = np.maximum(some.max(axis=1), -some.min(axis=1))
        codes[block][fine] = np.rint(some * (127 / largest)[:, None])
        scales[block][fine] = largest / (127 * lengths[fine])
    return codes, scales, usable


def likeness(codes: Codes, unit: NDArray[np.float32], places: Rows) -> NDArray[np.float32]:
    """Multiplies vectors with one.

    Args:
        codes: array (N, D).
        unit: array (D,).
        places: rising rows of `codes`.

    Returns:
        Array of the shape of `places`, in units of their scales.
    """
    found = np.empty(len(places), np.float32)
    for start in range(0, len(places), _AT_ONCE):
        part = places[start : start + _AT_ONCE]
        together = part[-1] - part[0] + 1 == len(part)
        rows = codes[part[0] : part[-1] + 1] if together else codes[part]
        found[start : start + _AT_ONCE] = rows.astype(np.float32) @ unit
    return found
