"""Ids of images as numbers, and which row holds which id."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from loupe_kit import ids
from loupe_project.adapters.search.columns import Grown

Halves = NDArray[np.uint64]
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_DASHES = (8, 13, 18, 23)
_DIGITS = np.array([place for place in range(36) if place not in _DASHES])


def halves(texts: Sequence[str]) -> tuple[Halves, Halves]:
    """Upper and lower 64 bits of ids: two arrays (N,), uint64; they sort as the texts do."""
    pairs = np.frombuffer(ids.pack_ids(texts), ">u8").reshape(-1, 2)
    return pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)


def packed_bytes(high: Halves, low: Halves) -> NDArray[np.uint8]:
    """Ids of 16 bytes: array (N, 16), uint8."""
    pairs = np.empty((len(high), 2), ">u8")
    pairs[:, 0], pairs[:, 1] = high, low
    return pairs.view(np.uint8).reshape(-1, 16)


def texts(high: Halves, low: Halves) -> list[str]:
    """Undo `halves`."""
    if not len(high):
        return []
    packed = packed_bytes(high, low)
    digits = np.empty((len(packed), 32), np.uint8)
    digits[:, 0::2] = _HEX[packed >> 4]
    digits[:, 1::2] = _HEX[packed & 15]
    written = np.full((len(packed), 36), ord("-"), np.uint8)
    written[:, _DIGITS] = digits
    found: list[str] = written.view("S36").ravel().astype("U36").tolist()
    return found


def in_order(high: Halves, low: Halves) -> NDArray[np.int64]:
    """What puts ids in rising order: array (N,). Quick where they nearly are, as those of rows that came by and by."""
    order = np.argsort(high, kind="stable")
    rising = high[order]
    # Ids share their upper half with hardly any other.
    return np.lexsort((low, high)) if (rising[1:] == rising[:-1]).any() else order


def places(highs: Halves, lows: Halves, high: Halves, low: Halves) -> NDArray[np.int64]:
    """Where each of M ids stands among K sorted ones, -1 for those that are not there: array (M,).

    Of equal ones it is the last.
    """
    found = np.full(len(high), -1, np.int64)
    first, behind = np.searchsorted(highs, high), np.searchsorted(highs, high, side="right")
    # Ids share their upper half with hardly any other: those that do are looked at one after the other.
    for step in range(int((behind - first).max(initial=0))):
        place = np.minimum(first + step, len(highs) - 1)
        hit = (first + step < behind) & (lows[place] == low)
        found[hit] = place[hit]
    return found


class RowIds:
    """Ids by row, and the newest row of each id."""

    def __init__(self) -> None:
        self.high = Grown(np.uint64)
        self.low = Grown(np.uint64)
        self._order = np.empty(0, np.int64)
        self._sorted_high = self._sorted_low = np.empty(0, np.uint64)
        self._newer: dict[tuple[int, int], int] = {}

    def extend(self, high: Halves, low: Halves) -> None:
        """Add ids of new rows; older rows of the same ids are forgotten."""
        start = len(self.high)
        self.high.extend(high)
        self.low.extend(low)
        pairs = zip(high.tolist(), low.tolist(), strict=True)
        self._newer.update((pair, start + place) for place, pair in enumerate(pairs))
        if len(self._newer) > max(20_000, start // 8):
            self.sort()

    def sort(self) -> None:
        """Make the look-up of all rows so far as fast as it gets."""
        size = len(self.high)
        # Of the rows of one id the last one comes last: the one that counts.
        self._order = np.lexsort((np.arange(size), self.low.values, self.high.values))
        self._sorted_high, self._sorted_low = self.high.values[self._order], self.low.values[self._order]
        self._newer = {}

    def find(self, high: Halves, low: Halves) -> NDArray[np.int64]:
        """Newest row of each id, -1 for unknown ones: array (M,)."""
        found = self._find_sorted(high, low)
        if self._newer:
            pairs = zip(high.tolist(), low.tolist(), strict=True)
            newer = np.fromiter((self._newer.get(pair, -1) for pair in pairs), np.int64, len(high))
            found = np.where(newer >= 0, newer, found)
        return found

    def _find_sorted(self, high: Halves, low: Halves) -> NDArray[np.int64]:
        found = places(self._sorted_high, self._sorted_low, high, low)
        known = found >= 0
        found[known] = self._order[found[known]]
        return found

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about."""
        return self.high.nbytes + self.low.nbytes + 3 * self._order.nbytes + len(self._newer) * 200
