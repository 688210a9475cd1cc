"""Files of rows of equal width, as a store of vectors keeps them: added to at the end, mapped to be read."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Codes = NDArray[np.int8]


class MappedCodes:
    """N rows of D numbers of one byte, in a file that is mapped: what is looked at often stays in memory.

    Args:
        path: of a file that holds at least N rows.
        count: N.
        dimension: D.
    """

    def __init__(self, path: Path, count: int, dimension: int) -> None:
        self._width = dimension
        with path.open("rb") as file:
            self._content = mmap.mmap(file.fileno(), count * dimension, prot=mmap.PROT_READ)
        self.rows: Codes = np.frombuffer(self._content, np.int8).reshape(count, dimension)
        """Array (N, D)."""

    def announce(self, start: int, stop: int) -> None:
        """Has the system read some rows while others are looked at, where they are not in memory."""
        if start == stop:
            return
        first = start * self._width // mmap.PAGESIZE * mmap.PAGESIZE
        self._content.madvise(mmap.MADV_WILLNEED, first, stop * self._width - first)


def extend(path: Path, values: NDArray[np.generic], size: int) -> None:
    """Appends behind the first `size` bytes; what lies behind them was cut short and is written over."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(size)
        file.seek(size)
        file.write(np.ascontiguousarray(values).data)
        file.flush()
        os.fsync(file.fileno())


def blank(path: Path, rows: Rows, width: int) -> None:
    """Writes zeros over some rows of `width` bytes."""
    if not rows.size:
        return
    content = np.memmap(path, np.uint8, "r+")
    content[: len(content) // width * width].reshape(-1, width)[rows] = 0
    content.flush()
