"""Cuts an image into tiles in one pass from top to bottom; runs in a child process.

Of each level as many rows are in memory as a tile is high: of an image 20,000 pixels wide in grey that is 10 MB for the
first level and half of it for each further one.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from loupe_project.adapters.tiles import png
from loupe_project.adapters.tiles.reader import Rows, open_rows
from loupe_project.domain.tiles import (
    BINS,
    LEFT_OUT,
    TILE,
    Level,
    Pyramid,
    Values,
    head_bytes,
    levels_of,
    pack,
    tile_count,
)

Stored = NDArray[Any]
"""Values as tiles keep them: array (H, W, C), uint8 or uint16."""

_ROWS = 64
_COLUMNS = 2048
_DEPTH = 65_535


def cut(payload: tuple[str, str, str], _progress: Callable[[Any], None]) -> int:
    """Write the pyramid of an image; most memory that the process ever had, in bytes, 0 where the system does not say.

    Args:
        payload: Path of the image, its format, path of the pyramid.
    """
    source, image_format, target = payload
    with Path(target).open("wb") as file:
        _cut(Path(source), image_format, file)
    return _most_memory()


def _most_memory() -> int:
    # Not `getrusage`: what that says begins with what the parent had.
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    found = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(found.split()[1]) * 1024


def _cut(source: Path, image_format: str, file: BinaryIO) -> None:
    rows = open_rows(source, image_format)
    offset, step = _scale(rows)
    if rows.kind not in (np.uint8, np.uint16):
        # It was read to its end to find its range.
        rows = open_rows(source, image_format)
    file.seek(head_bytes(rows.width, rows.height))
    writer = _Writer(file, tile_count(rows.width, rows.height))
    kind: np.dtype[Any] = np.dtype(np.uint8 if rows.kind == np.uint8 else np.uint16)
    counts = np.zeros(1 << 8 * kind.itemsize, np.int64)
    floor = _floors(levels_of(rows.width, rows.height), rows.channels, kind, writer)
    colours = rows.channels - (rows.channels in (2, 4))
    for block in _blocks(rows):
        stored = _stored(block, offset, step)
        counts += np.bincount(stored[:, :, :colours].ravel(), minlength=len(counts))
        floor.push(stored)
    values = _values(counts, 8 * rows.kind.itemsize, offset, step)
    file.seek(0)
    file.write(pack(Pyramid(rows.width, rows.height, values, writer.places)))


def _blocks(rows: Rows) -> Iterator[NDArray[Any]]:
    for first in range(0, rows.height, _ROWS):
        yield rows.read(first, min(_ROWS, rows.height - first))


def _scale(rows: Rows) -> tuple[float, float]:
    """Which value tiles keep as 0, and what one more means."""
    if rows.kind in (np.uint8, np.uint16):
        return 0.0, 1.0
    low, high = np.inf, -np.inf
    for block in _blocks(rows):
        finite = block[np.isfinite(block)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    if low > high:
        return 0.0, 1.0
    is_exact = rows.kind.kind in "iu" and high - low <= _DEPTH
    return low, 1.0 if is_exact or high == low else (high - low) / _DEPTH


def _stored(block: NDArray[Any], offset: float, step: float) -> Stored:
    if block.dtype in (np.uint8, np.uint16):
        return block
    ranked = np.nan_to_num((block.astype(np.float64) - offset) / step, nan=0.0, posinf=_DEPTH, neginf=0.0)
    return np.clip(np.rint(ranked), 0, _DEPTH).astype(np.uint16)


class _Writer:
    """Appends tiles and remembers where they are."""

    def __init__(self, file: BinaryIO, count: int) -> None:
        self._file = file
        self.places = [(0, 0)] * count

    def write(self, number: int, pixels: Stored) -> None:
        data = png.encode(pixels)
        self.places[number] = (self._file.tell(), len(data))
        self._file.write(data)


class _Floor:
    """One level, filled from above; each full row of tiles goes to the file, and at half its size to the next."""

    def __init__(
        self, level: Level, channels: int, kind: np.dtype[Any], writer: _Writer, below: "_Floor | None"
    ) -> None:
        self._level = level
        self._writer = writer
        self._below = below
        self._rows: Stored = np.empty((min(TILE, level.height), level.width, channels), kind)
        self._filled = self._seen = self._row = 0

    def push(self, rows: Stored) -> None:
        while len(rows):
            taken = rows[: len(self._rows) - self._filled]
            self._rows[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            self._seen += len(taken)
            rows = rows[len(taken) :]
            if self._filled == TILE or self._seen == self._level.height:
                self._flush()

    def _flush(self) -> None:
        strip = self._rows[: self._filled]
        for column in range(self._level.columns):
            self._writer.write(self._level.number(column, self._row), strip[:, column * TILE : (column + 1) * TILE])
        if self._below is not None:
            self._below.push(halved(strip))
        self._filled, self._row = 0, self._row + 1


def _floors(levels: tuple[Level, ...], channels: int, kind: np.dtype[Any], writer: _Writer) -> _Floor:
    below = None
    for level in reversed(levels):
        below = _Floor(level, channels, kind, writer, below)
    assert below is not None  # noqa: S101 - there is always a level
    return below


def halved(rows: Stored) -> Stored:
    """Rows at half their width and height, rounded up: the mean of each four pixels."""
    height, width, channels = rows.shape
    found: Stored = np.empty((-(-height // 2), -(-width // 2), channels), rows.dtype)
    wide = np.uint16 if rows.dtype == np.uint8 else np.uint32
    # Column by column, so that the sums of a wide image need little memory.
    for left in range(0, width, _COLUMNS):
        part = rows[:, left : left + _COLUMNS]
        if part.shape[0] % 2 or part.shape[1] % 2:
            part = np.pad(part, ((0, part.shape[0] % 2), (0, part.shape[1] % 2), (0, 0)), mode="edge")
        pairs: NDArray[Any] = part[0::2].astype(wide) + part[1::2]
        found[:, left // 2 : left // 2 + pairs.shape[1] // 2] = (pairs[:, 0::2] + pairs[:, 1::2] + 2) >> 2
    return found


def _values(counts: NDArray[np.int64], bits: int, offset: float, step: float) -> Values:
    present = np.flatnonzero(counts)
    first, last = (int(present[0]), int(present[-1])) if present.size else (0, 0)
    below = np.cumsum(counts)
    low = int(np.searchsorted(below, LEFT_OUT * below[-1], side="right"))
    high = int(np.searchsorted(below, (1 - LEFT_OUT) * below[-1]))
    span = last - first + 1
    bars = min(BINS, span)
    found = np.zeros(bars, np.int64)
    np.add.at(found, np.arange(span) * bars // span, counts[first : last + 1])
    minimum, maximum, low_value, high_value = (offset + step * one for one in (first, last, min(low, last), high))
    return Values(min(bits, 32), minimum, maximum, low_value, high_value, tuple(found.tolist()), offset, step)
