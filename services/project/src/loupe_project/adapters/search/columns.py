"""Columns that only ever grow at their end, so that whoever reads them needs no lock.

Letters: N rows (versions of images), L links, D texts of a dictionary.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

Mask = NDArray[np.bool_]
Rows = NDArray[np.int32]
Codes = NDArray[np.int32]
Numbers = NDArray[np.float64]

NONE = -1
"""Code of a row without a value."""
NUMBER_MARK = "\x00"
"""Tells numbers from words that are written alike."""
NO_TIME = np.iinfo(np.int64).min
"""Microseconds of a row without a time."""


class Grown:
    """A one-dimensional array that grows at its end; what was read before stays as it was.

    Args:
        dtype: Of its values.
        values: What it begins with.
    """

    def __init__(self, dtype: DTypeLike, values: NDArray[Any] | None = None) -> None:
        self._data: NDArray[Any] = np.empty(0, dtype) if values is None else np.asarray(values, dtype)
        self._size = len(self._data)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> NDArray[Any]:
        """All values so far: array (N,); do not write to it."""
        return self._data[: self._size]

    def extend(self, values: NDArray[Any] | Sequence[Any]) -> None:
        """Add values at the end."""
        size = self._size + len(values)
        if size > len(self._data):
            # An eighth more than asked for: memory counts here, and a copy of a column takes a millisecond.
            grown = np.empty(max(size + size // 8, 64), self._data.dtype)
            grown[: self._size] = self.values
            self._data = grown
        self._data[self._size : size] = values
        self._size = size

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return self._data.nbytes


class Dictionary:
    """Distinct texts. Each way to write a text has a code; ways that fold to the same have one group."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        """Text by code, as it is shown."""
        self.folded: list[str] = []
        """Folded text by group, which queries compare with."""
        self.groups = Grown(np.int32)
        """Group by code."""
        self._codes: dict[str, int] = {}
        self._group_ids: dict[str, int] = {}
        self._arrow: pa.Array | None = None

    def encode(self, shown: Sequence[str | None], folded: Sequence[str | None], mark: str = "") -> Codes:
        """Codes of texts, `NONE` for None; new texts are added.

        Args:
            shown: Texts as they are shown.
            folded: The same, folded: always alike for the same text.
            mark: Nothing, or `NUMBER_MARK`: the number 60 is not the word 60.
        """
        codes = self._codes
        for text, plain in dict.fromkeys(zip(shown, folded, strict=True)):
            if text is not None and plain is not None and mark + text not in codes:
                codes[mark + text] = self._add(text, plain, mark)
        if mark:
            return np.fromiter((NONE if one is None else codes[mark + one] for one in shown), np.int32, len(shown))
        return np.fromiter((NONE if one is None else codes[one] for one in shown), np.int32, len(shown))

    def _add(self, text: str, folded: str, mark: str) -> int:
        folded = text if text == folded else folded
        group = self._group_ids.get(mark + folded)
        if group is None:
            group = self._group_ids[mark + folded] = len(self.folded)
            self.folded.append(folded)
        self.groups.extend([group])
        self.shown.append(text)
        return len(self.shown) - 1

    @property
    def marked(self) -> Mask:
        """Which codes have a mark: array (D,)."""
        marks = (len(key) > len(text) for key, text in zip(self._codes, self.shown, strict=True))
        return np.fromiter(marks, np.bool_, len(self.shown))

    def restore(self, shown: list[str], folded: list[str], groups: Codes, marked: Mask) -> None:
        """Become what another dictionary was, whose texts have no mark or `NUMBER_MARK`."""
        marks = [NUMBER_MARK if one else "" for one in marked.tolist()]
        self.shown = shown
        self.folded = folded
        self.groups = Grown(np.int32, groups)
        self._codes = {mark + text: code for code, (mark, text) in enumerate(zip(marks, shown, strict=True))}
        self._group_ids = {mark + folded[group]: group for mark, group in zip(marks, groups.tolist(), strict=True)}

    def __len__(self) -> int:
        return len(self.shown)

    @property
    def texts(self) -> pa.Array:
        """Folded text by group, for comparing."""
        found = self._arrow
        if found is None or len(found) < len(self.folded):
            found = self._arrow = pa.array(self.folded, pa.large_string())
        return found

    def codes_of(self, groups: Mask) -> Mask:
        """Which codes belong to these groups: array (D,)."""
        of = self.groups.values
        # Texts that came while the groups were looked at are of no row that the caller reads.
        return groups[np.minimum(of, len(groups) - 1)] if len(groups) else np.zeros(len(of), np.bool_)

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about."""
        distinct = len(self.folded) + len(self.shown)
        text = sum(map(len, self.shown[:1000])) / max(len(self.shown[:1000]), 1)
        return int(distinct * (110 + 60 + text)) + self.groups.nbytes


class Links:
    """Texts of images that have any number of them: pairs of row and code, by rising row."""

    def __init__(self) -> None:
        self.rows = Grown(np.int32)
        self.codes = Grown(np.int32)
        self.dictionary = Dictionary()
        self.has_twins = False
        """Whether some image has two codes of one group, so that links are more than images."""

    def extend(self, rows: NDArray[Any], shown: Sequence[str], folded: Sequence[str]) -> None:
        """Add links of new rows.

        Args:
            rows: Row of each link: array (L,), rising.
            shown: Text of each link as it is shown.
            folded: The same, folded.
        """
        codes = self.dictionary.encode(shown, folded)
        pairs = np.unique(np.stack((np.asarray(rows, np.int64), codes.astype(np.int64))), axis=1)
        groups = self.dictionary.groups.values[pairs[1]] if pairs.size else pairs[1]
        if pairs.size and not self.has_twins:
            self.has_twins = np.unique(np.stack((pairs[0], groups)), axis=1).shape[1] < pairs.shape[1]
        # Rows come last: who reads them first finds the rest there.
        self.codes.extend(pairs[1])
        self.rows.extend(pairs[0])

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about."""
        return self.rows.nbytes + self.codes.nbytes + self.dictionary.nbytes


class MetadataColumn:
    """Values under one metadata key: an image has at most one."""

    def __init__(self) -> None:
        self.rows = Grown(np.int32)
        self.codes = Grown(np.int32)
        self.kinds = Grown(np.uint8)
        """Place in `VALUE_TYPES` of what the value is."""
        self.dictionary = Dictionary()
        self.numbers: Grown | None = None
        """Only where some value is a number; NaN for the others."""
        self.times: Grown | None = None
        """Microseconds, only where some value is a time; `NO_TIME` for the others."""
        self.displays: list[str] = []
        """Ways in which the key is written."""
        self.display_codes: Grown | None = None
        """Which of the ways; only where there are several."""

    def extend(
        self, rows: Rows, codes: Codes, kinds: NDArray[np.uint8], numbers: Numbers, times: NDArray[np.int64]
    ) -> None:
        """Add values of new rows: arrays (L,); `codes` come from the dictionary."""
        size = len(self.rows)
        if self.numbers is None and not np.isnan(numbers).all():
            self.numbers = Grown(np.float64, np.full(size, np.nan))
        if self.times is None and (times != NO_TIME).any():
            self.times = Grown(np.int64, np.full(size, NO_TIME, np.int64))
        if self.numbers is not None:
            self.numbers.extend(numbers)
        if self.times is not None:
            self.times.extend(times)
        self.codes.extend(codes)
        self.kinds.extend(kinds)
        self.rows.extend(rows)

    def extend_displays(self, displays: Sequence[str]) -> None:
        """Say how the key is written on those rows that come next; call it before `extend`."""
        size = len(self.rows)
        for one in dict.fromkeys(displays):
            if one not in self.displays:
                self.displays.append(one)
        if len(self.displays) > 1:
            if self.display_codes is None:
                self.display_codes = Grown(np.int16, np.zeros(size, np.int16))
            self.display_codes.extend([self.displays.index(one) for one in displays])

    @property
    def nbytes(self) -> int:
        """Bytes it takes, about."""
        parts = (self.rows, self.codes, self.kinds, self.numbers, self.times, self.display_codes)
        return sum(0 if part is None else part.nbytes for part in parts) + self.dictionary.nbytes
