"""Tables of metadata that come later than their images: how they name images, and rows that speak of the same one."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

MAX_ROWS = 5_000_000
"""Most rows of one table."""
NOT_FOUND = bytes(16)
"""Stands for a row whose image is not known, among packed ids."""


class TableKey(StrEnum):
    """What the rows of a table name their images by."""

    FILE_NAME = "FILE_NAME"
    SHA256 = "SHA256"
    SERIAL = "SERIAL"


def repeated_rows(packed_ids: bytes | bytearray) -> list[tuple[int, int]]:
    """Rows that speak of an image of which an earlier one speaks.

    Args:
        packed_ids: Ids of the rows' images in the order of the rows, 16 bytes each; `NOT_FOUND` where there is none.

    Returns:
        Each such row with the first one of its image, counted from 0, in the order of the rows.
    """
    halves: npt.NDArray[np.uint64] = np.frombuffer(bytes(packed_ids), dtype=">u8").reshape(-1, 2).astype(np.uint64)
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    ordered = halves[order]
    is_same = np.zeros(len(order), dtype=bool)
    is_same[1:] = (ordered[1:] == ordered[:-1]).all(axis=1) & ordered[1:].any(axis=1)
    # The sort is stable, so the first row of each run of equal ids is the first one of the table.
    first = np.maximum.accumulate(np.where(is_same, 0, np.arange(len(order))))
    found = [(int(order[at]), int(order[first[at]])) for at in np.flatnonzero(is_same)]
    return sorted(found)
