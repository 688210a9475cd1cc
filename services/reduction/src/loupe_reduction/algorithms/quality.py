"""How faithful a map is to the vectors it was made from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress
from loupe_reduction.algorithms.scaling import tamed
from loupe_reduction.algorithms.vectors import Vectors
from loupe_reduction.domain.jobs import Quality

QUERIES = 300
"""Points whose neighbourhoods are compared."""

REFERENCE = 20_000
"""Points among which neighbours are searched."""

QUERY_CHUNK = 50


def measure_quality(
    values: Vectors,
    coordinates: NDArray[np.float32],
    *,
    neighbours: int = 15,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Quality:
    """Compares the neighbourhoods of the map with those of the vectors.

    Trustworthiness as in Venna, Kaski: "Neighborhood preservation in nonlinear projection methods", ICANN 2001.

    Args:
        values: N vectors of D numbers, N >= 3, in full length.
        coordinates: array (N, C), float32: their places on the map.
        neighbours: K; lowered to a third of N for few points.
        seed: seed of the sample.
        threads: comparisons at the same time.
        progress: told how far the work is.
    """
    rng = np.random.default_rng(seed)
    count = min(len(values), REFERENCE)
    rows = np.sort(rng.choice(len(values), count, replace=False))
    queries = np.sort(rng.choice(count, min(count, QUERIES), replace=False))
    near = max(1, min(neighbours, (count - 1) // 3))
    high = _centred(values[rows])
    low = _centred(coordinates[rows])

    def compare(start: int, end: int) -> tuple[float, float]:
        return _compare(high, low, queries[start:end], near)

    with chunk_pool(threads) as pool:
        parts = map_chunks(compare, queries.size, QUERY_CHUNK, pool, progress)
    penalty = sum(part[0] for part in parts)
    shared = sum(part[1] for part in parts)
    worst = queries.size * near * (2 * count - 3 * near - 1) / 2
    return Quality(
        trustworthiness=1.0 - penalty / worst if worst > 0 else 1.0,
        neighbour_preservation=shared / (queries.size * near),
        neighbours=near,
        sample_size=int(queries.size),
    )


def _centred(points: NDArray[np.float32]) -> NDArray[np.float32]:
    # Squared distances from products lose their digits when all points share a large offset.
    points, _ = tamed(points)
    centre: NDArray[np.float32] = points.mean(axis=0, dtype=np.float64).astype(np.float32)
    return points - centre


def _compare(
    high: NDArray[np.float32], low: NDArray[np.float32], queries: NDArray[np.int64], near: int
) -> tuple[float, float]:
    """Returns the sum of rank penalties and the number of shared neighbours over the queries."""
    far_high = _squared_distances(high, queries)
    on_map = np.argpartition(_squared_distances(low, queries), near - 1, axis=1)[:, :near]
    penalty, shared = 0.0, 0.0
    for row, found in zip(far_high, on_map, strict=True):
        # Rank of each neighbour of the map among the vectors: 1 is the nearest.
        ranks = (row[None, :] < row[found][:, None]).sum(axis=1) + 1
        penalty += float(np.maximum(ranks - near, 0).sum())
        shared += float((ranks <= near).sum())
    return penalty, shared


def _squared_distances(points: NDArray[np.float32], queries: NDArray[np.int64]) -> NDArray[np.float32]:
    squares = np.einsum("ij,ij->i", points, points)
    distances: NDArray[np.float32] = squares[None, :] - 2 * (points[queries] @ points.T) + squares[queries][:, None]
    distances[np.arange(queries.size), queries] = np.inf
    return distances
