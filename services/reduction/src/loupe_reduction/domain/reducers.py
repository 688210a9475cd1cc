"""What is kept of a map so that other images can be placed on it.

Letters in shapes: vectors of D numbers, P main directions, M anchors, C coordinates. Arrays and numbers only: reading a
reducer runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    def without(self, places: NDArray[np.float32]) -> Reducer:
        """Returns the reducer without the anchors at some places.

        Args:
            places: array (G, C), float32: exactly as the map has them.
        """
        stays = ~np.isin(_as_keys(self.places), _as_keys(places))
        return replace(self, anchors=self.anchors[stays], places=self.places[stays])

    def to_bytes(self) -> bytes:
        """Returns the reducer as an npz file."""
        names = ("mean", "directions", "centre", "anchors", "places")
        about = {"format": FORMAT, "scale": self.scale, "is_unit": self.is_unit}
        return packed.pack(about, {name: getattr(self, name) for name in names})


def forget_points(content: bytes, places: bytes) -> bytes:
    """Takes points of a map out of its reducer.

    Args:
        content: the reducer.
        places: of the points, C little-endian float32 each, exactly as the map has them.

    Returns:
        The reducer without them; the same bytes where it has none of them, no bytes where it has no others.

    Raises:
        ReducerInvalid: the content is none, or the places are no whole number of its points.
    """
    reducer = from_bytes(content)
    if len(places) % (4 * len(reducer.centre)):
        raise ReducerInvalid(f"{len(places)} bytes are no whole number of points of this map; send whole ones.")
    left = reducer.without(np.frombuffer(places, "<f4").reshape(-1, len(reducer.centre)))
    if len(left.anchors) == len(reducer.anchors):
        return content
    return left.to_bytes() if len(left.anchors) else b""


def _as_keys(places: NDArray[np.float32]) -> NDArray[np.void]:
    """One value for each row, the same for the same row."""
    rows = np.ascontiguousarray(places, "<f4")
    return rows.view(f"V{rows.shape[1] * 4}").ravel()


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
