"""Picks that stand for all others: facility location, and centres of clusters."""

from __future__ import annotations

import heapq

import faiss
import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.neighbours import Neighbours
from loupe_reduction.algorithms.parallel import Progress, no_progress
from loupe_reduction.algorithms.pca import apply_pca, fit_pca

REDUCED = 50
"""Main directions in which cluster centres are searched."""

STARTS = 3
"""Random starts of k-means, of which the best counts: one alone at times puts two centres into one cluster."""


def facility_location(
    near: Neighbours,
    candidates: NDArray[np.int64],
    group: NDArray[np.int64],
    quotas: NDArray[np.int64],
    progress: Progress = no_progress,
) -> NDArray[np.int64]:
    """Picks one by one what adds most to the closeness of all images to their nearest pick.

    The greedy choice is within 1 - 1/e of the best (Nemhauser, Wolsey, Fisher 1978), within a half where groups have
    quotas; gains only ever fall, so most need not be computed again (Minoux 1978). Only neighbours count as close,
    which keeps the work linear.

    Args:
        near: cosine neighbours of N vectors.
        candidates: array, int64: rows that may be picked.
        group: array (N,), int64: number of the group of each row.
        quotas: array (G,), int64: picks wanted of each group, at most as many as it has candidates.
        progress: told how far the work is.

    Returns:
        Array, int64: rows, best first; as many as the sum of the quotas.
    """
    rows, columns, closeness = _closeness(near)
    best = np.zeros(len(rows) - 1, np.float32)
    gains = np.add.reduceat(closeness, rows[:-1])
    queue = [(-float(gains[row]), int(row)) for row in candidates]
    heapq.heapify(queue)
    left, count = quotas.copy(), int(quotas.sum())
    picks: list[int] = []
    while len(picks) < count:
        _, row = heapq.heappop(queue)
        if left[group[row]] == 0:
            continue
        served = slice(rows[row], rows[row + 1])
        gain = float(np.maximum(closeness[served] - best[columns[served]], 0.0).sum())
        if queue and -gain > queue[0][0]:
            heapq.heappush(queue, (-gain, row))
            continue
        picks.append(row)
        left[group[row]] -= 1
        best[columns[served]] = np.maximum(best[columns[served]], closeness[served])
        progress(len(picks) / count)
    return np.asarray(picks, np.int64)


def _closeness(near: Neighbours) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Returns for each vector those it may stand for, itself included, and how well, in [0, 1]: as CSR arrays."""
    count, width = near.indices.shape
    farthest = float(near.distances.max(initial=0.0)) or 1.0
    # A vector stands for those whose neighbour it is, so the lists are turned around.
    standing = np.concatenate([near.indices.ravel().astype(np.int64), np.arange(count)])
    served = np.concatenate([np.repeat(np.arange(count), width), np.arange(count)])
    weight = np.concatenate([1.0 - near.distances.ravel() / farthest, np.ones(count, np.float32)]).astype(np.float32)
    order = np.lexsort((served, standing))
    rows = np.concatenate([[0], np.cumsum(np.bincount(standing, minlength=count))]).astype(np.int64)
    return rows, served[order], weight[order]


def at_centres(unit: NDArray[np.float32], count: int, *, seed: int, threads: int) -> NDArray[np.int64]:
    """Picks the vector nearest to each centre of k-means.

    A vector that is nearest to two is taken once; what then lacks is filled up with what is farthest from all that was
    taken.

    Args:
        unit: array (N, D), float32, rows of length 1 or 0.
        count: picks wanted, in [1, N - 1].
        seed: seed of the clusters.
        threads: threads to use.

    Returns:
        Array (count,), int64: rows.
    """
    pca = fit_pca(unit, REDUCED, seed=seed, threads=threads)
    small = np.ascontiguousarray(apply_pca(pca, unit, threads=threads))
    clusters = faiss.Kmeans(small.shape[1], count, niter=20, nredo=STARTS, seed=seed % 2**31, min_points_per_centroid=1)
    clusters.train(small)
    index = faiss.IndexFlatL2(small.shape[1])
    index.add(small)
    _, found = index.search(np.asarray(clusters.centroids, np.float32), 1)
    taken = dict.fromkeys(int(row) for row in found[:, 0])
    while len(taken) < count:
        picks = np.fromiter(taken, np.int64)
        index.reset()
        index.add(small[picks])
        distance, _ = index.search(small, 1)
        distance[picks] = -1.0
        # Half of the gap at a time: what is far from all may be near each other.
        for row in np.argsort(-distance[:, 0], kind="stable")[: max(1, (count - len(taken)) // 2)]:
            taken[int(row)] = None
    return np.fromiter(taken, np.int64)
