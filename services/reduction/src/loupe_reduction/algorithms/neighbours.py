"""Nearest neighbours of every vector among the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress

EXACT_UP_TO = 4096
"""Number of vectors up to which every pair is compared."""

QUERY_CHUNK = 1024
"""Vectors of one search."""

PROBES = 16
"""Cells looked at for each vector; on clustered features that finds all but a few in ten thousand."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest others of each vector, nearest first; a vector is never its own neighbour."""

    indices: NDArray[np.int32]
    """Array (N, K), int32: rows of the neighbours."""

    distances: NDArray[np.float32]
    """Array (N, K), float32: Euclidean distances, ascending in each row."""


class Index(Protocol):
    """Vectors that are ready to be searched."""

    def search(self, queries: NDArray[np.float32], count: int, /) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Returns the squared distances of the nearest, ascending, and their rows: arrays (N, count).

        A row of -1 says that nothing more was found. May be called by several threads.
        """
        ...


BuildIndex = Callable[[NDArray[np.float32], int], Index]
"""Makes vectors ready: array (M, D), float32, C order, and the seed of what is drawn for it."""


def build_cells(values: NDArray[np.float32], seed: int) -> Index:
    """Returns an index for processors: exact for few vectors, for more one that looks into the nearest cells only."""
    width = values.shape[1]
    if len(values) <= EXACT_UP_TO:
        return _exact(values)
    cells = int(np.sqrt(len(values)))
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(width), width, cells)
    index.cp.seed = seed % 2**31
    index.cp.niter = 6
    index.cp.max_points_per_centroid = 64
    index.nprobe = PROBES
    index.train(values)
    index.add(values)
    cut: Index = index
    return cut


def _exact(values: NDArray[np.float32]) -> Index:
    index = faiss.IndexFlatL2(values.shape[1])
    index.add(values)
    exact: Index = index
    return exact


def find_neighbours(
    values: NDArray[np.float32],
    neighbours: int,
    *,
    among: NDArray[np.int64] | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
    build: BuildIndex = build_cells,
) -> Neighbours:
    """Finds the nearest others of each vector.

    Args:
        values: array (N, D), float32, C order, finite, with D small (tens): reduce wide features first.
        neighbours: K, in [1, N - 1]; with `among` at most one less than its length.
        among: array (M,), int64: rows that can be neighbours; None: all.
        seed: seed of the cells.
        threads: searches at the same time.
        progress: told how far the work is.
        build: makes the index that is searched.
    """
    rows = np.arange(len(values)) if among is None else among
    index = build(values[rows], seed)
    indices = np.empty((len(values), neighbours), np.int32)
    distances = np.empty((len(values), neighbours), np.float32)

    def search(start: int, end: int) -> None:
        squared, found = index.search(values[start:end], neighbours + 1)
        kept, order = _without_self(_named(found, rows), squared, np.arange(start, end))
        indices[start:end] = kept
        distances[start:end] = np.sqrt(np.maximum(order, 0.0))

    with chunk_pool(threads) as pool:
        map_chunks(search, len(values), QUERY_CHUNK, pool, progress)
    if (indices < 0).any():
        # Cells can hold fewer vectors than neighbours are wanted; compare every pair for those.
        _fill_gaps(values, rows, indices, distances)
    return Neighbours(indices, distances)


def nearest_among(
    points: NDArray[np.float32],
    queries: NDArray[np.float32],
    neighbours: int,
    *,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
    build: BuildIndex = build_cells,
) -> Neighbours:
    """Finds the points that are nearest to each of other vectors.

    Args:
        points: array (M, D), float32, C order, finite, with D small (tens).
        queries: array (N, D), float32, C order, finite.
        neighbours: K, in [1, M].
        seed: seed of the cells.
        threads: searches at the same time.
        progress: told how far the work is.
        build: makes the index that is searched.
    """
    index = build(points, seed)
    indices = np.empty((len(queries), neighbours), np.int32)
    distances = np.empty((len(queries), neighbours), np.float32)

    def search(start: int, end: int) -> None:
        squared, found = index.search(queries[start:end], neighbours)
        gaps = np.flatnonzero((found < 0).any(axis=1))
        if gaps.size:
            squared[gaps], found[gaps] = _exact(points).search(queries[start:end][gaps], neighbours)
        indices[start:end] = found
        distances[start:end] = np.sqrt(np.maximum(squared, 0.0))

    with chunk_pool(threads) as pool:
        map_chunks(search, len(queries), QUERY_CHUNK, pool, progress)
    return Neighbours(indices, distances)


def _named(found: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the rows behind places in an index; places that were not filled stay -1."""
    return np.where(found < 0, -1, rows[found])


def _without_self(
    found: NDArray[np.int64], squared: NDArray[np.float32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    own = found == rows[:, None]
    # Where copies crowd the vector itself out of its own list, the farthest entry gives way.
    own[~own.any(axis=1), -1] = True
    shape = (len(found), found.shape[1] - 1)
    return found[~own].reshape(shape), squared[~own].reshape(shape)


def _fill_gaps(
    values: NDArray[np.float32], among: NDArray[np.int64], indices: NDArray[np.int32], distances: NDArray[np.float32]
) -> None:
    index = _exact(values[among])
    rows = np.flatnonzero((indices < 0).any(axis=1))
    for start in range(0, rows.size, QUERY_CHUNK):
        part = rows[start : start + QUERY_CHUNK]
        squared, found = index.search(values[part], indices.shape[1] + 1)
        kept, order = _without_self(_named(found, among), squared, part)
        indices[part] = kept
        distances[part] = np.sqrt(np.maximum(order, 0.0))
