"""A taught head: what turns a feature vector into probabilities of a project's own classes.

Letters in shapes: N vectors of D numbers, C classes, S landmarks. Arrays and numbers only: reading a head runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain import packed
from loupe_reduction.domain.errors import HeadInvalid

FORMAT = 1
"""Of the bytes; a reader refuses others."""

MAX_CLASSES = 200
"""Classes that a head may tell apart."""

MAX_BYTES = 64 << 20
"""Of a head as bytes, and of each array in it."""

_BLOCK = 2048


class HeadKind(Enum):
    """Shape of the boundary between classes."""

    LINEAR = "LINEAR"
    RBF = "RBF"


@dataclass(frozen=True)
class Head:
    """Scales a vector, measures how far it is on each class's side, and turns that into probabilities."""

    kind: HeadKind

    centre: NDArray[np.float32]
    """Array (D,), float32: taken from vectors first."""

    spread: NDArray[np.float32]
    """Array (D,), float32, positive: then they are divided by this."""

    weights: NDArray[np.float32]
    """Array (D, C), or (S, C) of an RBF head, float32."""

    bias: NDArray[np.float32]
    """Array (C,), float32."""

    sharpness: float
    """Positive: sides are multiplied by this before they become probabilities."""

    offsets: NDArray[np.float32]
    """Array (C,), float32: then these are added."""

    landmarks: NDArray[np.float32] | None = None
    """Array (S, D), float32: scaled vectors that an RBF head compares with."""

    gamma: float = 0.0
    """Of an RBF head: likeness is exp(-gamma · squared distance)."""

    @property
    def dimension(self) -> int:
        """Returns D."""
        return len(self.centre)

    @property
    def class_count(self) -> int:
        """Returns C."""
        return len(self.bias)

    def probabilities(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns how probable each class is: array (N, C), float32, rows add up to 1.

        Args:
            values: array (N, D), float32, finite.
        """
        found = np.empty((len(values), self.class_count), np.float32)
        for start in range(0, len(values), _BLOCK):
            sides = self._sides(values[start : start + _BLOCK])
            found[start : start + _BLOCK] = calibrated(sides, self.sharpness, self.offsets)
        return found

    def _sides(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = (values - self.centre) / self.spread
        if self.landmarks is not None:
            scaled = np.exp(-self.gamma * squared_distances(scaled, self.landmarks))
        return (scaled @ self.weights + self.bias).astype(np.float64)

    def to_bytes(self) -> bytes:
        """Returns the head as an npz file."""
        about = {
            "format": FORMAT,
            "kind": self.kind.value,
            "sharpness": self.sharpness,
            "gamma": self.gamma,
        }
        arrays = {
            "centre": self.centre,
            "spread": self.spread,
            "weights": self.weights,
            "bias": self.bias,
            "offsets": self.offsets,
        }
        if self.landmarks is not None:
            arrays["landmarks"] = self.landmarks
        return packed.pack(about, arrays)


def from_bytes(content: bytes) -> Head:
    """Reads what `Head.to_bytes` wrote.

    Raises:
        HeadInvalid: it is something else, or contradicts itself.
    """
    try:
        about, read = packed.unpack(content, FORMAT, MAX_BYTES)
        head = Head(
            kind=HeadKind(about["kind"]), sharpness=float(about["sharpness"]), gamma=float(about["gamma"]), **read
        )
        _check(head)
    except packed.UNREADABLE as error:
        raise HeadInvalid(f"These bytes are no head of this release ({error}); teach it again.") from error
    return head


def calibrated(sides: NDArray[np.float64], sharpness: float, offsets: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns probabilities: array (N, C), float64; see `Head`.

    Args:
        sides: array (N, C), float64.
        sharpness: see `Head`.
        offsets: see `Head`.
    """
    raw = sides * sharpness + offsets
    raw -= raw.max(axis=1, keepdims=True)
    shares: NDArray[np.float64] = np.exp(raw)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def squared_distances(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the squared distance of each vector to each other one: array (N, S), float32, never negative.

    Args:
        one: array (N, D), float32.
        other: array (S, D), float32.
    """
    squares = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1)[None, :]
    distances: NDArray[np.float32] = np.maximum(squares - 2.0 * (one @ other.T), 0.0)
    return distances


def _check(head: Head) -> None:
    rows = head.dimension if head.landmarks is None else len(head.landmarks)
    shapes = {
        "spread": (head.spread.shape, (head.dimension,)),
        "weights": (head.weights.shape, (rows, head.class_count)),
        "bias": (head.bias.shape, (head.class_count,)),
        "offsets": (head.offsets.shape, (head.class_count,)),
    }
    if head.landmarks is not None:
        shapes["landmarks"] = (head.landmarks.shape, (rows, head.dimension))
    if (head.kind is HeadKind.RBF) != (head.landmarks is not None):
        raise ValueError("its kind and its arrays contradict each other")
    for name, (given, wanted) in shapes.items():
        if given != wanted:
            raise ValueError(f"{name} has the shape {given}, not {wanted}")
    numbers = (head.centre, head.spread, head.weights, head.bias, head.offsets)
    if not all(np.isfinite(part).all() for part in numbers) or (head.spread <= 0).any() or head.class_count < 2:
        raise ValueError("its numbers cannot be computed with")
