"""The binary table of a map's coordinates.

Little-endian: bytes 0-3 "LPC1"; uint32 N; uint32 D; uint32 P, the last points that were placed after the map was made;
N × 16 bytes of ids; D columns of N float32.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_kit.errors import Internal
from loupe_kit.ids import BYTES_PER_ID

MAGIC = b"LPC1"
_HEADER = struct.Struct("<4sIII")


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Points of a map: N of them, D numbers each."""

    ids: NDArray[np.uint8]
    """Ids of the images: array (N, 16), uint8; zeros for images that are hidden."""
    points: NDArray[np.float32]
    """Array (N, D), float32; NaN for images that are hidden."""
    placed_count: int = 0
    """P: the last of them were placed after the map was made."""

    def __len__(self) -> int:
        """N."""
        return len(self.ids)

    def encode(self) -> bytes:
        """The table."""
        count, dimensions = self.points.shape
        columns = np.ascontiguousarray(self.points.T, dtype="<f4")
        return _HEADER.pack(MAGIC, count, dimensions, self.placed_count) + self.ids.tobytes() + columns.tobytes()

    @classmethod
    def decode(cls, table: bytes) -> "Coordinates":
        """Undo `encode`.

        Raises:
            Internal: If the table is cut short or is none.
        """
        head = _HEADER.unpack_from(table) if len(table) >= _HEADER.size else (b"", 0, 0, 0)
        magic, count, dimensions, placed = head
        start = _HEADER.size + count * BYTES_PER_ID
        if magic != MAGIC or len(table) != start + count * dimensions * 4:
            raise Internal("The stored coordinates are damaged; make the map again.")
        ids = np.frombuffer(table, np.uint8, count * BYTES_PER_ID, _HEADER.size).reshape(count, BYTES_PER_ID)
        columns = np.frombuffer(table, "<f4", count * dimensions, start).reshape(dimensions, count)
        return cls(ids, np.ascontiguousarray(columns.T, dtype=np.float32), placed)

    def hide(self, hidden: NDArray[np.bool_]) -> "Coordinates":
        """The same points with some of them blanked.

        Args:
            hidden: Array (N,), bool; True for rows to blank.
        """
        if not hidden.any():
            return self
        ids, points = self.ids.copy(), self.points.copy()
        ids[hidden] = 0
        points[hidden] = np.nan
        return Coordinates(ids, points, self.placed_count)

    def with_placed(self, placed: "Coordinates") -> "Coordinates":
        """The same points, and after them others that were placed on the map."""
        if not len(placed):
            return self
        return Coordinates(
            np.concatenate([self.ids, placed.ids]),
            np.concatenate([self.points, placed.points]),
            self.placed_count + len(placed),
        )
