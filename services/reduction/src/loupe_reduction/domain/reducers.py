"""What is kept of a map so that other images can be placed on it.

Letters in shapes: vectors of D numbers, P main directions, M anchors, C coordinates. Arrays and numbers only: reading a
reducer runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain import packed
from loupe_reduction.domain.errors import ReducerInvalid

FORMAT = 1
"""Of the bytes; a reader refuses others."""

MAX_ANCHORS = 50_000
"""Points of a map among which neighbours of other images are searched: more of them made placing slower, not better."""

MAX_BYTES = 64 << 20
"""Of a reducer as bytes, and of its arrays together."""


@dataclass(frozen=True)
class Reducer:
    """The way from a vector to the map."""

    scale: float
    """Vectors are divided by this first; a power of two, 1 for numbers of usual size."""

    is_unit: bool
    """Whether vectors are brought to length 1 then, because the map was made by angles."""

    mean: NDArray[np.float32]
    """Array (D,), float32: taken from vectors next."""

    directions: NDArray[np.float32]
    """Array (D, P), float32: then they are multiplied by this."""

    centre: NDArray[np.float32]
    """Array (C,), float32: where the centre of the map was before it was moved to the origin; used without anchors."""

    anchors: NDArray[np.float32]
    """Array (M, P), float32: points of the map after these steps. None, M = 0, where the steps themselves are the map,
    as in principal component analysis."""

    places: NDArray[np.float32]
    """Array (M, C), float32: where the anchors are on the map."""

    @property
    def dimension(self) -> int:
        """Returns D."""
        return len(self.mean)

    def to_bytes(self) -> bytes:
        """Returns the reducer as an npz file."""
        names = ("mean", "directions", "centre", "anchors", "places")
        about = {"format": FORMAT, "scale": self.scale, "is_unit": self.is_unit}
        return packed.pack(about, {name: getattr(self, name) for name in names})


def from_bytes(content: bytes) -> Reducer:
    """Reads what `Reducer.to_bytes` wrote.

    Raises:
        ReducerInvalid: it is something else, or contradicts itself.
    """
    try:
        about, arrays = packed.unpack(content, FORMAT, MAX_BYTES)
        reducer = Reducer(scale=float(about["scale"]), is_unit=bool(about["is_unit"]), **arrays)
        _check(reducer)
    except packed.UNREADABLE as error:
        raise ReducerInvalid(f"These bytes are no reducer of this release ({error}); make the map again.") from error
    return reducer


def _check(reducer: Reducer) -> None:
    if reducer.directions.ndim != 2 or reducer.anchors.ndim != 2 or reducer.centre.shape not in {(2,), (3,)}:
        raise ValueError("its arrays have wrong shapes")
    width, count = reducer.directions.shape[1], len(reducer.anchors)
    shapes = {
        "mean": (reducer.mean.shape, (len(reducer.directions),)),
        "anchors": (reducer.anchors.shape, (count, width)),
        "places": (reducer.places.shape, (count, len(reducer.centre))),
    }
    for name, (given, wanted) in shapes.items():
        if given != wanted:
            raise ValueError(f"{name} has the shape {given}, not {wanted}")
    numbers = (reducer.mean, reducer.directions, reducer.centre, reducer.anchors, reducer.places)
    if not all(np.isfinite(part).all() for part in numbers) or not np.isfinite(reducer.scale) or reducer.scale <= 0:
        raise ValueError("its numbers cannot be computed with")
