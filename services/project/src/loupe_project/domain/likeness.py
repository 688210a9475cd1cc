"""Whether two images show the same, by their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 64
"""Rows and columns of the small images that are compared."""
MAX_DIFFERENCE = 0.02
"""Up to which two images show the same. Stored again, resized or a little brighter differs by 0.002 to 0.004 at the
median, a scratch of 3 × 30 pixels on 300 × 300 by 0.054, by 0.026 where it is faint."""
_BLOCK = 4
_GAIN = 1.5


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of an image's pixels."""

    digest: bytes
    """Equal for equal pixels, however they are stored."""
    pixels: int
    """Width times height."""
    small: NDArray[np.uint8]
    """Array (SIDE, SIDE), uint8: the image in grey."""


@dataclass(frozen=True, slots=True)
class Twin:
    """An image that shows what another one shows."""

    image_id: str
    keeper_id: str
    is_exact: bool
    difference: float
    """In [0, 1]; 0 where it is exact."""


def twins(images: Sequence[tuple[str, Fingerprint]]) -> list[Twin]:
    """Which of some images show the same.

    Of those that do, the one with most pixels is kept, of several the first uploaded. Each twin is like its keeper, so
    that chains of small steps do not grow into one group.

    Args:
        images: Ids, which ascend in the order of upload, and fingerprints.
    """
    left = sorted(images, key=lambda one: (-one[1].pixels, one[0]))
    found: list[Twin] = []
    while len(left) > 1:
        (keeper_id, keeper), *others = left
        far = differences(
            keeper.small.astype(np.float32), np.stack([other.small for _, other in others]).astype(np.float32)
        )
        left = []
        for (image_id, other), difference in zip(others, far.tolist(), strict=True):
            if other.digest == keeper.digest:
                found.append(Twin(image_id, keeper_id, is_exact=True, difference=0.0))
            elif difference <= MAX_DIFFERENCE:
                found.append(Twin(image_id, keeper_id, is_exact=False, difference=difference))
            else:
                left.append((image_id, other))
    return found


def differences(keeper: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much others differ from an image where they differ most, once brightness and contrast are evened out.

    Args:
        keeper: array (SIDE, SIDE), float32, grey values in [0, 255].
        others: array (N, SIDE, SIDE), float32, likewise.

    Returns:
        Array (N,), float64, in [0, 1]: the largest mean difference over squares of 4 × 4 values.
    """
    wanted = (keeper - keeper.mean()).ravel()
    given = others.reshape(len(others), -1)
    given = given - given.mean(axis=1, keepdims=True)
    spread = np.einsum("ij,ij->i", given, given)
    gain = np.clip((given @ wanted) / np.where(spread > 0, spread, 1.0), 1 / _GAIN, _GAIN)
    gaps = np.abs(given * gain[:, None] - wanted)
    cells = SIDE // _BLOCK
    blocks = gaps.reshape(len(others), cells, _BLOCK, cells, _BLOCK).mean(axis=(2, 4))
    largest: NDArray[np.float64] = blocks.reshape(len(others), -1).max(axis=1).astype(np.float64)
    return np.minimum(largest / 255.0, 1.0)
