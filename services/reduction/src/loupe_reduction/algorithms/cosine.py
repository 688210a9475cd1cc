"""Cosine distances of wide vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.neighbours import Neighbours, find_neighbours
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress, share_of
from loupe_reduction.algorithms.pca import apply_pca, fit_pca

REDUCED = 50
"""Main directions in which candidates are searched."""

CANDIDATES = 3
"""Candidates for each neighbour wanted; the exact distance decides among them."""

PAIR_CHUNK = 256
"""Rows whose candidates are compared at once; with 45 candidates of 1,280 numbers each that is 60 MB."""


def pair_distances(
    unit: NDArray[np.float32], rows: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Returns cosine distances of pairs, in [0, 2].

    Args:
        unit: array (N, D), float32, rows of length 1 or 0.
        rows: array (M,), int64.
        others: array (M, K), int64: compared with the row at the same place.

    Returns:
        Array (M, K), float32.
    """
    products: NDArray[np.float32] = np.matmul(unit[others], unit[rows][:, :, None])[:, :, 0]
    distances: NDArray[np.float32] = np.clip(np.float32(1) - products, np.float32(0), np.float32(2))
    return distances


def cosine_neighbours(
    unit: NDArray[np.float32],
    neighbours: int,
    *,
    among: NDArray[np.int64] | None = None,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Neighbours:
    """Finds the nearest others of each vector by cosine distance.

    Candidates are searched along the main directions, then compared in full length.

    Args:
        unit: array (N, D), float32, C order, rows of length 1 or 0, N >= 2.
        neighbours: K, in [1, N - 1]; with `among` at most one less than its length.
        among: array (M,), int64: rows that can be neighbours; None: all.
        seed: seed of the search.
        threads: comparisons at the same time.
        progress: told how far the work is.

    Returns:
        Neighbours with cosine distances, in [0, 2].
    """
    pca = fit_pca(unit, REDUCED, seed=seed, threads=threads, progress=share_of(progress, 0.0, 0.25))
    small = apply_pca(pca, unit, threads=threads)
    wide = min(CANDIDATES * neighbours, (len(unit) if among is None else len(among)) - 1)
    tell = share_of(progress, 0.25, 0.5)
    candidates = find_neighbours(small, wide, among=among, seed=seed, threads=threads, progress=tell).indices
    indices = np.empty((len(unit), neighbours), np.int32)
    distances = np.empty((len(unit), neighbours), np.float32)

    def compare(start: int, end: int) -> None:
        others = candidates[start:end]
        exact = pair_distances(unit, np.arange(start, end), others.astype(np.int64))
        nearest = np.argsort(exact, axis=1, kind="stable")[:, :neighbours]
        indices[start:end] = np.take_along_axis(others, nearest, axis=1)
        distances[start:end] = np.take_along_axis(exact, nearest, axis=1)

    with chunk_pool(threads) as pool:
        map_chunks(compare, len(unit), PAIR_CHUNK, pool, share_of(progress, 0.5, 1.0))
    return Neighbours(indices, distances)
