"""Vectors of one space on disk, one byte a number, and the nearest among some of them.

Rows are appended as vectors become known and never change their number: what a version of a model gives for an image is
always the same. Those of images that are gone become zeros. Where a store is large, its codes lie in the file part by
part, so that a search reads a few long pieces of it; what came since lies behind them. Files are mapped, so opening a
store of any size takes no time, and what is asked often stays in the memory that the system has to spare.
Letters in shapes: N rows of D numbers, of which M lie in parts.
"""

from __future__ import annotations

import math
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.adapters import vector_codes, vector_files, vector_parts
from loupe_reduction.adapters.vector_files import Codes, MappedCodes, Rows
from loupe_reduction.adapters.vector_ids import RowsOfIds
from loupe_reduction.adapters.vector_parts import Parts
from loupe_reduction.domain.features import BYTES_PER_ID

COMPARED = 25_000
"""Rows of USUAL_DIMENSION numbers that a search compares, some 12 ms: all of them, or those of the likeliest parts."""

USUAL_DIMENSION = 1280
"""Of shorter vectors, such as those of objects, more are compared, and it still takes less time: parts tell them apart
less well."""

LEAST_FRESH = 20_000
FRESH_SHARE = 0.05
"""Rows outside of all parts that every search looks at, at most about: as a number, or as a share of those in parts."""

GROWTH = 0.5
"""Rows that came since the centres of the parts were found, against those before, at which they are found anew."""

_WRITTEN = 8192
_ID = f"S{BYTES_PER_ID}"

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Layout:
    """Where the codes of rows lie. Replaced as a whole: searches go on with the one they began with."""

    codes: MappedCodes | None
    """By place; None while there are none."""
    parts: Parts | None

    @property
    def covered(self) -> int:
        """M; rows from here on lie at their own number."""
        return 0 if self.parts is None else len(self.parts.rows)

    def places(self, rows: Rows) -> Rows:
        """Where rows lie in the file."""
        if self.parts is None:
            return rows
        return np.where(rows < self.covered, self.parts.places[np.minimum(rows, self.covered - 1)], rows)

    def rows(self, places: Rows) -> Rows:
        """Undoes `places`."""
        if self.parts is None:
            return places
        return np.where(places < self.covered, self.parts.rows[np.minimum(places, self.covered - 1)], places)


class VectorStore:
    """Append-only vectors in a folder, see `loupe_reduction.ports.KeptVectors`. One thread at a time, but for `cut`.

    Args:
        folder: of this store alone; made if it is not there.
        id_bytes: length of an id, always the same for one folder: of images, or of objects in them.
    """

    def __init__(self, folder: Path, id_bytes: int = BYTES_PER_ID) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._id_bytes = id_bytes
        self._dimension = 0
        self._ids = np.zeros(0, f"S{id_bytes}")
        self._rows = RowsOfIds(self._ids)
        self._scales = np.zeros(0, np.float32)
        self._layout = _Layout(None, None)
        self._changing = threading.Lock()
        """Held while rows are written, and while a cut takes them over."""
        if (folder / "dimension").exists():
            self._dimension = int((folder / "dimension").read_text())
            self._read(vector_parts.read(folder / "parts.npz"))
            self._remove_other_codes()

    def __len__(self) -> int:
        """Returns N."""
        return len(self._ids)

    @property
    def dimension(self) -> int:
        """Returns D; 0 while nothing is stored."""
        return self._dimension

    def find(self, ids: bytes) -> Rows:
        """Returns for each packed id its row, -1 if it has none: array, int64."""
        return self._rows.find(np.frombuffer(ids, f"S{self._id_bytes}"))

    def ids(self, rows: Rows) -> bytes:
        """Returns the ids of some rows, one after the other."""
        return self._ids[rows].tobytes()

    def image_ids(self) -> bytes:
        """Returns for each row the id of its image, the first 16 bytes of its own; zeros where it was forgotten."""
        return self._ids.view(np.uint8).reshape(-1, self._id_bytes)[:, :BYTES_PER_ID].tobytes()

    def append(self, ids: bytes, values: NDArray[np.float32]) -> None:
        """Adds vectors whose ids have no row yet; those that cannot be compared are passed over.

        Args:
            ids: one after the other, each once.
            values: array (M, D), float32; D as before.
        """
        codes, scales, usable = vector_codes.coded(values)
        new = usable & (self.find(ids) < 0)
        if not new.any():
            return
        packed = np.frombuffer(ids, np.uint8).reshape(-1, self._id_bytes)[new]
        with self._changing:
            self._dimension = values.shape[1]
            (self._folder / "dimension").write_text(str(self._dimension))
            # Ids last: a row counts once its id is there, whatever was cut short before.
            vector_files.extend(self._codes_path(self._layout.parts), codes[new], len(self) * self._dimension)
            vector_files.extend(self._folder / "scales.f32", scales[new].astype("<f4"), len(self) * 4)
            vector_files.extend(self._folder / "ids.bin", packed, len(self) * self._id_bytes)
            self._read(self._layout.parts)

    def forget(self, image_ids: bytes) -> None:
        """Writes zeros over all rows of images.

        Args:
            image_ids: 16 bytes each.
        """
        rows = np.flatnonzero(np.isin(np.frombuffer(self.image_ids(), _ID), np.frombuffer(image_ids, _ID)))
        with self._changing:
            # Ids last: as long as they are there, whoever looks next does what was cut short again.
            vector_files.blank(self._codes_path(self._layout.parts), self._layout.places(rows), self._dimension)
            vector_files.blank(self._folder / "scales.f32", rows, 4)
            vector_files.blank(self._folder / "ids.bin", rows, self._id_bytes)
            self._read(self._layout.parts)

    @property
    def is_to_be_emptied(self) -> bool:
        """Whether most rows were forgotten: reading the others again costs less than keeping the room of all."""
        return 2 * int(np.count_nonzero(self._ids == b"")) > len(self)

    def empty(self) -> None:
        """Throws all rows away. Not while another thread runs `cut`."""
        codes = self._codes_path(self._layout.parts)
        for path in (*(self._folder / name for name in ("ids.bin", "parts.npz", "scales.f32", "dimension")), codes):
            path.unlink(missing_ok=True)
        self._dimension = 0
        self._ids, self._scales = self._ids[:0], self._scales[:0]
        self._rows = RowsOfIds(self._ids)
        self._layout = _Layout(None, None)

    def vector(self, row: int) -> NDArray[np.float32]:
        """Returns a row as a vector of length 1: array (D,), float32."""
        unit: NDArray[np.float32] = self._unit(np.array([row]))[0]
        return unit

    def nearest(self, vector: NDArray[np.float32], among: Mask, count: int) -> tuple[Rows, NDArray[np.float32]]:
        """Finds the rows that are most like a vector.

        Args:
            vector: array (D,), float32, not zero.
            among: array (N,), bool: which rows may be found.
            count: how many, at least 1.

        Returns:
            Rows, the most alike first, and their cosine similarities.
        """
        layout = self._layout
        if layout.codes is None or not among.any():
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        unit = (vector / np.sqrt(float(vector.astype(np.float64) @ vector))).astype(np.float32)
        if layout.parts is None or np.count_nonzero(among) <= self._compared:
            places = np.sort(layout.places(np.flatnonzero(among)))
        else:
            places = self._likely(layout.codes, layout.parts, unit, among, count)
        rows = layout.rows(places)
        likeness = vector_codes.likeness(layout.codes.rows, unit, places) * self._scales[rows]
        best = np.argpartition(-likeness, min(count, len(rows)) - 1)[:count]
        best = best[np.lexsort((rows[best], -likeness[best]))]
        return rows[best], likeness[best]

    @property
    def is_to_be_cut(self) -> bool:
        """Whether it is large, and many rows are in no part."""
        covered = self._layout.covered
        return len(self) > self._compared and len(self) - covered > max(LEAST_FRESH, FRESH_SHARE * covered)

    def cut(self, seed: int = 0) -> None:
        """Puts all rows into parts, and their codes into that order. Another thread may append, forget and search."""
        with self._changing:
            before, total = self._layout.parts, len(self)
        edition = before.edition + 1 if before is not None else 1
        if before is None or total > (1 + GROWTH) * before.trained:
            parts = vector_parts.cut(self._unit, total, edition, seed)
        else:
            parts = vector_parts.add(self._unit, total, edition, before)
        path = self._codes_path(parts)
        try:
            self._write_in_order(path, parts.rows)
            with self._changing:
                self._catch_up(path, parts)
                layout = self._mapped(parts)
                # From here on the new file is the one that counts, also after a crash.
                parts.write(self._folder / "parts.npz")
                self._layout = layout
        finally:
            self._remove_other_codes()

    def _write_in_order(self, path: Path, rows: Rows) -> None:
        with path.open("wb") as file:
            for start in range(0, len(rows), _WRITTEN):
                file.write(self._codes(rows[start : start + _WRITTEN]).data)
            file.flush()
            os.fsync(file.fileno())

    def _catch_up(self, path: Path, parts: Parts) -> None:
        """Does to a new file of codes what was done to the old one while it was written."""
        total = len(parts.rows)
        if len(self) > total:
            vector_files.extend(path, self._codes(np.arange(total, len(self))), total * self._dimension)
        forgotten = np.flatnonzero(self._ids[:total] == b"")
        vector_files.blank(path, parts.places[forgotten], self._dimension)

    def _likely(self, codes: MappedCodes, parts: Parts, unit: NDArray[np.float32], among: Mask, count: int) -> Rows:
        """Places of those of `among` that lie in the likeliest parts, or in none yet."""
        covered = len(parts.rows)
        # An answer is never short for what is hidden: only rows that may be found count.
        wanted = max(self._compared, 4 * count)
        found, total = [covered + np.flatnonzero(among[covered:])], 0
        for part in np.argsort(-(parts.centres @ unit)):
            if total >= wanted:
                break
            start, stop = int(parts.starts[part]), int(parts.starts[part + 1])
            codes.announce(start, stop)
            found.append(start + np.flatnonzero(among[parts.rows[start:stop]]))
            total += len(found[-1])
        return np.sort(np.concatenate(found))

    @property
    def _compared(self) -> int:
        """Rows that one search compares, beside those in no part."""
        return round(COMPARED * math.sqrt(USUAL_DIMENSION / max(1, self._dimension)))

    def _codes(self, rows: Rows) -> Codes:
        codes = self._layout.codes
        if codes is None:
            raise IndexError("there are no rows")
        return codes.rows[self._layout.places(rows)]

    def _unit(self, rows: Rows) -> NDArray[np.float32]:
        return self._codes(rows).astype(np.float32) * self._scales[rows][:, None]

    def _codes_path(self, parts: Parts | None) -> Path:
        return self._folder / ("codes.i8" if parts is None else f"codes-{parts.edition}.i8")

    def _remove_other_codes(self) -> None:
        for path in self._folder.glob("codes*.i8"):
            if path != self._codes_path(self._layout.parts):
                path.unlink()

    def _read(self, parts: Parts | None) -> None:
        """Takes in what lies in the files, whose codes are ordered by these parts."""
        path = self._folder / "ids.bin"
        if path.exists():
            self._ids = np.fromfile(path, f"S{self._id_bytes}")
            self._rows = RowsOfIds(self._ids)
            self._scales = np.fromfile(self._folder / "scales.f32", "<f4", len(self))
        self._layout = self._mapped(parts)

    def _mapped(self, parts: Parts | None) -> _Layout:
        codes = MappedCodes(self._codes_path(parts), len(self), self._dimension) if len(self) else None
        return _Layout(codes, parts)
