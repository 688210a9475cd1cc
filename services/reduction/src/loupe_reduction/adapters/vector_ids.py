"""Which row of a store holds which id."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.adapters.vector_files import Rows

Ids = NDArray[Any]
"""Array (N,) of fixed-width bytes: they compare like the ids themselves, NumPy only ignores zeros that pad the end."""

_PREFIX_BYTES = 8


class RowsOfIds:
    """Finds the rows of ids.

    Args:
        ids: array (N,), by row.
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        # Ids begin with the time and rows come by and by: a stable sort takes the runs that there are as they are.
        self._order: Rows = np.argsort(ids, kind="stable")
        self._prefixes = _prefixes(ids)[self._order]

    def find(self, wanted: Ids) -> Rows:
        """Returns for each id its row, -1 if it has none: array of the shape of `wanted`, int64."""
        if not len(self._ids):
            return np.full(len(wanted), -1, np.int64)
        # Numbers are found in a fifth of the time of bytes, and the first eight bytes are nearly always enough.
        prefixes = _prefixes(wanted)
        places = np.searchsorted(self._prefixes, prefixes).clip(max=len(self._ids) - 1)
        rows = self._order[places]
        is_found = self._ids[rows] == wanted
        shared = np.flatnonzero(~is_found & (self._prefixes[places] == prefixes))
        if shared.size:
            places = np.searchsorted(self._ids, wanted[shared], sorter=self._order).clip(max=len(self._ids) - 1)
            rows[shared] = self._order[places]
            is_found[shared] = self._ids[rows[shared]] == wanted[shared]
        return np.where(is_found, rows, -1)


def _prefixes(ids: Ids) -> NDArray[np.uint64]:
    """First bytes of ids as numbers that sort as they do: array (N,), uint64."""
    columns = np.ascontiguousarray(ids).view(np.uint8).reshape(len(ids), ids.itemsize)[:, :_PREFIX_BYTES]
    return np.ascontiguousarray(columns).view(">u8").ravel().astype(np.uint64)
