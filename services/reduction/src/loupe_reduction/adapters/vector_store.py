"""Vectors of one space on disk, one byte a number, and the nearest among some of them.

Rows are appended as vectors become known and never change: what a version of a model gives for an image is always the
same. Those of images that are gone become zeros where they are, so that no other row moves. Files are mapped, so
opening a store of any size takes no time, and what is asked often stays in the memory that the system has to spare.
Letters in shapes: N rows of D numbers, L parts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.features import BYTES_PER_ID

MOST_SCANNED = 40_000
"""Rows up to which all are looked at: some 30 ms."""

ROWS_A_PART = 700
"""About as many rows make one part of a large store."""

PROBED_SHARE = 0.01
"""Share of the parts that are looked at."""

LEAST_PROBED = 12
USUAL_DIMENSION = 1280
"""Numbers of the vectors that these figures are for. Of shorter ones, such as those of objects, more parts are looked
at for the same cost: parts tell them apart less well."""

GROWTH = 0.25
"""Rows that came since the parts were cut, against those before, at which they are cut anew."""

_BLOCK = 4096
_COMPARED = 256
"""Rows that are compared at a time: as numbers of four bytes they stay in a core's cache."""
_ID = f"S{BYTES_PER_ID}"
_SAMPLED_A_PART = 48

Codes = NDArray[np.int8]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Parts:
    """Which rows are near each other."""

    centres: NDArray[np.float32]
    """Array (L, D)."""

    rows: Rows
    """Array (M,): the first M rows, ordered by part."""

    starts: Rows
    """Array (L + 1,): where each part begins in `rows`."""


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
        self._order: Rows = np.zeros(0, np.int64)
        self._codes: Codes = np.zeros((0, 1), np.int8)
        self._scales = np.zeros(0, np.float32)
        self._parts: _Parts | None = None
        if (folder / "dimension").exists():
            self._dimension = int((folder / "dimension").read_text())
            self._map()
            self._read_parts()

    def __len__(self) -> int:
        """Returns N."""
        return len(self._ids)

    @property
    def dimension(self) -> int:
        """Returns D; 0 while nothing is stored."""
        return self._dimension

    def find(self, ids: bytes) -> Rows:
        """Returns for each packed id its row, -1 if it has none: array, int64."""
        wanted = np.frombuffer(ids, f"S{self._id_bytes}")
        if not len(self._ids):
            return np.full(len(wanted), -1, np.int64)
        places = np.searchsorted(self._ids, wanted, sorter=self._order).clip(max=len(self._ids) - 1)
        rows = self._order[places]
        return np.where(self._ids[rows] == wanted, rows, -1)

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
        lengths = np.sqrt(np.einsum("nd,nd->n", values, values, dtype=np.float64))
        usable = np.isfinite(lengths) & (lengths > 0) & (self.find(ids) < 0)
        if not usable.any():
            return
        unit = values[usable] / lengths[usable, None].astype(np.float32)
        scales = (np.abs(unit).max(axis=1) / 127).astype("<f4")
        codes = np.rint(unit / scales[:, None]).astype(np.int8)
        packed = np.frombuffer(ids, np.uint8).reshape(-1, self._id_bytes)[usable]
        self._dimension = values.shape[1]
        (self._folder / "dimension").write_text(str(self._dimension))
        # Ids last: a row counts once its id is there, whatever was cut short before.
        _extend(self._folder / "codes.i8", codes, len(self._ids) * self._dimension)
        _extend(self._folder / "scales.f32", scales, len(self._ids) * 4)
        _extend(self._folder / "ids.bin", packed, len(self._ids) * self._id_bytes)
        self._map()

    def forget(self, image_ids: bytes) -> None:
        """Writes zeros over all rows of images.

        Args:
            image_ids: 16 bytes each.
        """
        rows = np.flatnonzero(np.isin(np.frombuffer(self.image_ids(), _ID), np.frombuffer(image_ids, _ID)))
        if not rows.size:
            return
        # Ids last: as long as they are there, whoever looks next does what was cut short again.
        _blank(self._folder / "codes.i8", rows, self._dimension)
        _blank(self._folder / "scales.f32", rows, 4)
        _blank(self._folder / "ids.bin", rows, self._id_bytes)
        self._map()

    @property
    def is_to_be_emptied(self) -> bool:
        """Whether most rows were forgotten: reading the others again costs less than keeping the room of all."""
        return 2 * int(np.count_nonzero(self._ids == b"")) > len(self)

    def empty(self) -> None:
        """Throws all rows away. Not while another thread runs `cut`."""
        for name in ("ids.bin", "parts.npz", "scales.f32", "codes.i8", "dimension"):
            (self._folder / name).unlink(missing_ok=True)
        self._dimension = 0
        self._ids, self._order = self._ids[:0], self._order[:0]
        self._codes, self._scales = self._codes[:0], self._scales[:0]
        self._parts = None

    def vector(self, row: int) -> NDArray[np.float32]:
        """Returns a row as a vector of length 1: array (D,), float32."""
        unit: NDArray[np.float32] = self._codes[row].astype(np.float32) * self._scales[row]
        return unit

    def nearest(self, vector: NDArray[np.float32], among: Rows, count: int) -> tuple[Rows, NDArray[np.float32]]:
        """Finds the rows that are most like a vector.

        Args:
            vector: array (D,), float32, not zero.
            among: rows that may be found, each once.
            count: how many, at least 1.

        Returns:
            Rows, the most alike first, and their cosine similarities.
        """
        unit = (vector / np.sqrt(float(vector.astype(np.float64) @ vector))).astype(np.float32)
        rows = among if len(among) <= MOST_SCANNED else self._likely(unit, among, count)
        rows = np.sort(rows)
        likeness = self._likeness(unit, rows)
        best = np.argpartition(-likeness, min(count, len(rows)) - 1)[:count] if len(rows) else np.zeros(0, np.int64)
        best = best[np.lexsort((rows[best], -likeness[best]))]
        return rows[best], likeness[best]

    @property
    def is_to_be_cut(self) -> bool:
        """Whether it is large, and has no parts or has grown much since they were cut."""
        covered = 0 if self._parts is None else len(self._parts.rows)
        return len(self) > MOST_SCANNED and len(self) - covered > GROWTH * covered

    def cut(self, seed: int = 0) -> None:
        """Cuts the store into parts. Another thread may append and search meanwhile."""
        # Here alone: the serving process does without it until a store is large.
        import faiss

        faiss.omp_set_num_threads(1)
        total = len(self)
        count = max(1, total // ROWS_A_PART)
        sample = np.random.default_rng(seed).permutation(total)[: count * _SAMPLED_A_PART]
        means = faiss.Kmeans(self._dimension, count, niter=6, seed=seed, spherical=True, max_points_per_centroid=64)
        means.train(self._unit(np.sort(sample)))
        part = np.concatenate(
            [
                means.index.search(self._unit(np.arange(start, min(start + _BLOCK, total))), 1)[1][:, 0]
                for start in range(0, total, _BLOCK)
            ]
        )
        rows = np.argsort(part, kind="stable")
        starts = np.searchsorted(part[rows], np.arange(count + 1))
        parts = _Parts(np.array(means.centroids, np.float32), rows, starts.astype(np.int64))
        scratch = self._folder / "parts.npz.new"
        with scratch.open("wb") as file:
            np.savez(file, centres=parts.centres, rows=parts.rows, starts=parts.starts)
        scratch.replace(self._folder / "parts.npz")
        self._parts = parts

    def _likely(self, unit: NDArray[np.float32], among: Rows, count: int) -> Rows:
        """Those of `among` that lie in the likeliest parts, or in none yet."""
        parts = self._parts
        if parts is None:
            return among
        allowed = np.zeros(len(self), np.bool_)
        allowed[among] = True
        likeness = parts.centres @ unit
        order = np.argsort(-likeness)
        fresh = np.arange(len(parts.rows), len(self))
        found, total = [fresh[allowed[fresh]]], 0
        probes = max(LEAST_PROBED, round(PROBED_SHARE * len(order))) * max(1, USUAL_DIMENSION // self._dimension)
        for number, part in enumerate(order):
            # Where few may be found, more parts are looked at: an answer is never short for what is hidden.
            if number >= probes and total >= 4 * count:
                break
            rows = parts.rows[parts.starts[part] : parts.starts[part + 1]]
            found.append(rows[allowed[rows]])
            total += len(found[-1])
        return np.concatenate(found)

    def _likeness(self, unit: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        found = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _COMPARED):
            part = rows[start : start + _COMPARED]
            found[start : start + _COMPARED] = (self._codes[part].astype(np.float32) @ unit) * self._scales[part]
        return found

    def _unit(self, rows: Rows) -> NDArray[np.float32]:
        return self._codes[rows].astype(np.float32) * self._scales[rows][:, None]

    def _map(self) -> None:
        self._ids = np.fromfile(self._folder / "ids.bin", f"S{self._id_bytes}") if self._stored() else self._ids
        self._order = np.argsort(self._ids, kind="stable")
        count = len(self._ids)
        if count:
            shape = (count, self._dimension)
            self._codes = np.memmap(self._folder / "codes.i8", np.int8, "r", shape=shape)
            self._scales = np.fromfile(self._folder / "scales.f32", "<f4", count)

    def _stored(self) -> bool:
        path = self._folder / "ids.bin"
        return path.exists() and path.stat().st_size >= self._id_bytes

    def _read_parts(self) -> None:
        path = self._folder / "parts.npz"
        if path.exists():
            with np.load(path, allow_pickle=False) as arrays:
                self._parts = _Parts(arrays["centres"], arrays["rows"], arrays["starts"])


def _blank(path: Path, rows: Rows, width: int) -> None:
    """Writes zeros over some rows of `width` bytes."""
    content = np.memmap(path, np.uint8, "r+")
    content[: len(content) // width * width].reshape(-1, width)[rows] = 0
    content.flush()


def _extend(path: Path, values: NDArray[np.generic], size: int) -> None:
    """Appends behind the first `size` bytes; what lies behind them was cut short and is written over."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(size)
        file.seek(size)
        file.write(np.ascontiguousarray(values).data)
        file.flush()
        os.fsync(file.fileno())
