"""Parts of a store: which of its rows are near each other, found by k-means.

Letters in shapes: N rows of D numbers in the store, M of them in parts, L parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.adapters.vector_files import Rows

ROWS_A_PART = 700
"""About as many rows make one part."""

LARGEST = 2
"""A part with so many times the usual number of rows is cut again. K-means alone leaves some with thirty times as many,
whose centre is near the mean of all: every search would look at those."""

SAMPLED_A_PART = 200
"""Rows by which a centre is found. With fewer, rows that were not among them do not find their centre so well."""

_SAMPLED = 80_000
"""At most so many rows in all, some 400 MiB; but of very many parts each has its least."""
_LEAST_SAMPLED_A_PART = 48
_ROUNDS = 3
_BLOCK = 4096

Vectors = NDArray[np.float32]
ReadUnit = Callable[[Rows], Vectors]
"""Returns rows of the store as vectors of length 1, array (K, D)."""


@dataclass(frozen=True)
class Parts:
    """Which rows are near each other, and the order in which their codes lie in the file."""

    centres: Vectors
    """Array (L, D), each of length 1."""

    rows: Rows
    """Array (M,): the first M rows, ordered by part: at each place of the file the row that lies there."""

    starts: Rows
    """Array (L + 1,): where each part begins in `rows`."""

    trained: int
    """Rows that the store had when the centres were found."""

    edition: int
    """Number of the file that has its codes in this order; each order has its own."""

    @cached_property
    def places(self) -> Rows:
        """Array (M,): where each row lies in the file."""
        places = np.empty(len(self.rows), np.int64)
        places[self.rows] = np.arange(len(self.rows))
        return places

    def part_of_rows(self) -> Rows:
        """Array (M,): the part of each row."""
        parts = np.empty(len(self.rows), np.int64)
        parts[self.rows] = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return parts

    def write(self, path: Path) -> None:
        """Replaces a file; after a crash it holds either these parts or those of before."""
        scratch = path.with_suffix(".new")
        with scratch.open("wb") as file:
            np.savez(
                file,
                centres=self.centres,
                rows=self.rows,
                starts=self.starts,
                trained=np.int64(self.trained),
                edition=np.int64(self.edition),
            )
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)


def read(path: Path) -> Parts | None:
    """Returns what `Parts.write` wrote; None where there is nothing, or a release wrote it whose codes had no order."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        if "edition" not in arrays.files:
            return None
        return Parts(
            arrays["centres"], arrays["rows"], arrays["starts"], int(arrays["trained"]), int(arrays["edition"])
        )


def cut(unit: ReadUnit, total: int, edition: int, seed: int) -> Parts:
    """Cuts rows into parts.

    Args:
        unit: reads rows.
        total: N, at least 1.
        edition: of the parts.
        seed: of all random choices.
    """
    count = max(1, total // ROWS_A_PART)
    sampled = count * max(_LEAST_SAMPLED_A_PART, min(SAMPLED_A_PART, _SAMPLED // count))
    sample = np.random.default_rng(seed).permutation(total)[:sampled]
    centres = _centres(unit(np.sort(sample)), count, seed)
    return _ordered(centres, _likeliest(unit, np.arange(total), centres), total, edition)


def add(unit: ReadUnit, total: int, edition: int, parts: Parts) -> Parts:
    """Puts the rows that came since into the parts that there are: much sooner done than cutting anew.

    Args:
        unit: reads rows.
        total: N.
        edition: of the parts with those rows.
        parts: as they are.
    """
    new = _likeliest(unit, np.arange(len(parts.rows), total), parts.centres)
    return _ordered(parts.centres, np.concatenate([parts.part_of_rows(), new]), parts.trained, edition)


def _ordered(centres: Vectors, part_of_rows: Rows, trained: int, edition: int) -> Parts:
    rows = np.argsort(part_of_rows, kind="stable")
    starts = np.searchsorted(part_of_rows[rows], np.arange(len(centres) + 1))
    return Parts(centres, rows, starts.astype(np.int64), trained, edition)


def _centres(values: Vectors, count: int, seed: int) -> Vectors:
    """Centres of parts of nearly the same size: about `count`, array (L, D)."""
    centres = _means(values, count, seed)
    for _ in range(_ROUNDS):
        part = _nearest_centres(values, centres)
        sizes = np.bincount(part, minlength=len(centres))
        large = np.flatnonzero(sizes > LARGEST * len(values) / count)
        if not large.size:
            break
        pieces = [_means(values[part == one], -(-int(sizes[one]) * count // len(values)), seed) for one in large]
        centres = np.concatenate([np.delete(centres, large, axis=0), *pieces])
    return centres


def _means(values: Vectors, count: int, seed: int) -> Vectors:
    # Here alone: the serving process does without it until a store is large.
    import faiss

    faiss.omp_set_num_threads(1)
    means = faiss.Kmeans(
        values.shape[1],
        count,
        niter=6,
        seed=seed,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(values),
    )
    means.train(values)
    return np.array(means.centroids, np.float32)


def _likeliest(unit: ReadUnit, rows: Rows, centres: Vectors) -> Rows:
    """The part of each row whose centre is nearest: array of the shape of `rows`."""
    blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
    return np.concatenate([np.zeros(0, np.int64), *(_nearest_centres(unit(block), centres) for block in blocks)])


def _nearest_centres(values: Vectors, centres: Vectors) -> Rows:
    import faiss

    index = faiss.IndexFlatIP(values.shape[1])
    index.add(centres)
    found: Rows = index.search(values, 1)[1][:, 0]
    return found
