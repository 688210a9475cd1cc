"""Shows where points are while they still move."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.progress import EarlyPicture

INTERVAL_S = 2.0
"""Seconds between two pictures: a person follows that, and packing one costs some milliseconds."""

Show = Callable[[NDArray[np.float32]], None]
"""Takes the places of all points as they are now: array (N, at least C), float32; only read, and only now."""


def no_show(places: NDArray[np.float32]) -> None:
    """Shows nothing; the default of every layout."""


class EarlyPictures:
    """Makes a picture of some of the points, the first one at once and the others every two seconds.

    Args:
        tell: is given each picture.
        rows: array (E,), int64: the points of the pictures, counted as the caller counts them.
        places: array (E,), int64: for each of them its row among the places that are shown; several may share one.
        dimensions: C.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        tell: Callable[[EarlyPicture], None],
        rows: NDArray[np.int64],
        places: NDArray[np.int64],
        dimensions: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell = tell
        self._rows = rows
        self._places = places
        self._dimensions = dimensions
        self._clock = clock
        self._last = float("-inf")

    def __call__(self, places: NDArray[np.float32]) -> None:
        """See `Show`."""
        now = self._clock()
        if now - self._last < INTERVAL_S or not self._rows.size:
            return
        self._last = now
        shown = places[self._places, : self._dimensions]
        self._tell(EarlyPicture(self._rows, shown - shown.mean(axis=0, dtype=np.float64).astype(np.float32)))
