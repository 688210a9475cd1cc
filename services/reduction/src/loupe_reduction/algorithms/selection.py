"""Which images are most useful to label or to train on."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.cosine import cosine_neighbours, unit_rows
from loupe_reduction.algorithms.distinct import distinct_rows
from loupe_reduction.algorithms.neighbours import Neighbours
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress, share_of
from loupe_reduction.algorithms.pca import apply_pca, fit_pca
from loupe_reduction.domain.jobs import Selection, Strategy

NEIGHBOURS = 30
"""Images that one pick can stand for directly."""

REDUCED = 50
"""Main directions in which cluster centres are searched."""

ASSIGN_CHUNK = 1024


def select_images(
    values: NDArray[np.float32],
    count: int,
    strategy: Strategy,
    *,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Selection:
    """Picks images that stand for all, never two with the same vector.

    Args:
        values: array (N, D), float32, C order, finite, N >= 2.
        count: picks wanted, in [1, N]; fewer are given when there are fewer different vectors.
        strategy: how to pick.
        seed: seed of the search and of the clusters.
        threads: threads to use.
        progress: told how far the work is.
    """
    first, inverse = distinct_rows(values)
    unit = unit_rows(values[first])
    wanted = min(count, first.size)
    if wanted == first.size:
        picks = np.arange(first.size)
    elif strategy is Strategy.KMEANS:
        picks = _nearest_to_centres(unit, wanted, seed, threads, share_of(progress, 0.0, 0.8))
    else:
        width = min(NEIGHBOURS, first.size - 1)
        tell = share_of(progress, 0.0, 0.6)
        near = cosine_neighbours(unit, width, seed=seed, threads=threads, progress=tell)
        picks = facility_location(near, wanted, share_of(progress, 0.6, 0.9))
    copies = np.bincount(inverse)
    found = _represent(unit, picks, copies, threads)
    if strategy is Strategy.KMEANS:
        picks = picks[np.argsort(-found.images, kind="stable")]
        found = _represent(unit, picks, copies, threads)
    progress(1.0)
    return Selection(first[picks], found.images, found.gains, found.closeness / len(values))


@dataclass(frozen=True)
class _Represented:
    """How a selection stands for all images."""

    images: NDArray[np.int64]
    """Array (K,), int64: images nearest to each pick."""

    gains: NDArray[np.int64]
    """Array (K,), int64: images nearer to each pick than to all before it."""

    closeness: float
    """Sum over all images of the cosine similarity to the nearest pick."""

    similarity: NDArray[np.float32]
    """Array (M,), float32: that similarity of each different vector."""


def facility_location(near: Neighbours, count: int, progress: Progress = no_progress) -> NDArray[np.int64]:
    """Picks one by one what adds most to the closeness of all images to their nearest pick.

    The greedy choice is within 1 - 1/e of the best (Nemhauser, Wolsey, Fisher 1978); gains only ever fall, so most
    need not be computed again (Minoux 1978). Only neighbours count as close, which keeps the work linear.

    Args:
        near: cosine neighbours of N vectors.
        count: picks wanted, in [1, N].
        progress: told how far the work is.

    Returns:
        Array (count,), int64: rows, best first.
    """
    rows, columns, closeness = _closeness(near)
    best = np.zeros(len(rows) - 1, np.float32)
    gains = np.add.reduceat(closeness, rows[:-1])
    queue = [(-float(gain), row) for row, gain in enumerate(gains)]
    heapq.heapify(queue)
    picks: list[int] = []
    while len(picks) < count:
        _, row = heapq.heappop(queue)
        served = slice(rows[row], rows[row + 1])
        gain = float(np.maximum(closeness[served] - best[columns[served]], 0.0).sum())
        if queue and -gain > queue[0][0]:
            heapq.heappush(queue, (-gain, row))
            continue
        picks.append(row)
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


def _nearest_to_centres(
    unit: NDArray[np.float32], count: int, seed: int, threads: int, progress: Progress
) -> NDArray[np.int64]:
    """Returns the vector nearest to each centre of k-means; a vector that is nearest to two is taken once."""
    pca = fit_pca(unit, REDUCED, seed=seed, threads=threads, progress=share_of(progress, 0.0, 0.3))
    small = apply_pca(pca, unit, threads=threads)
    clusters = faiss.Kmeans(small.shape[1], count, niter=20, seed=seed % 2**31, min_points_per_centroid=1)
    clusters.train(small)
    progress(0.8)
    index = faiss.IndexFlatL2(small.shape[1])
    index.add(small)
    _, found = index.search(np.asarray(clusters.centroids, np.float32), 1)
    taken = dict.fromkeys(int(row) for row in found[:, 0])
    # Farthest from what is taken first: the gaps that empty clusters leave.
    while len(taken) < count:
        picks = np.fromiter(taken, np.int64)
        similarity = _represent(unit, picks, np.ones(len(unit), np.int64), threads).similarity
        similarity[picks] = np.inf
        for row in np.argsort(similarity, kind="stable")[: max(1, (count - len(taken)) // 2)]:
            taken[int(row)] = None
    progress(1.0)
    return np.fromiter(taken, np.int64)


def _represent(
    unit: NDArray[np.float32], picks: NDArray[np.int64], copies: NDArray[np.int64], threads: int
) -> _Represented:
    """Looks up for each different vector which pick stands for it; `copies`, array (M,), int64, counts its images."""
    chosen = np.ascontiguousarray(unit[picks].T)
    place_of = np.full(len(unit), -1, np.int64)
    place_of[picks] = np.arange(len(picks))

    def assign(start: int, end: int) -> _Represented:
        products = unit[start:end] @ chosen
        nearest = products.argmax(axis=1)
        # A pick stands for itself, whatever rounding says.
        nearest = np.where(place_of[start:end] >= 0, place_of[start:end], nearest)
        similarity = np.clip(products.max(axis=1), -1.0, 1.0)
        better = np.ones(products.shape, bool)
        better[:, 1:] = products[:, 1:] > np.maximum.accumulate(products, axis=1)[:, :-1]
        images = copies[start:end]
        return _Represented(
            np.bincount(nearest, weights=images, minlength=len(picks)).astype(np.int64),
            images @ better,
            float(similarity @ images),
            similarity,
        )

    with chunk_pool(threads) as pool:
        parts = map_chunks(assign, len(unit), ASSIGN_CHUNK, pool)
    return _Represented(
        np.sum([part.images for part in parts], axis=0),
        np.sum([part.gains for part in parts], axis=0),
        sum(part.closeness for part in parts),
        np.concatenate([part.similarity for part in parts]),
    )
