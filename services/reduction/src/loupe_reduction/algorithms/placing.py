"""Places other images on a map whose points stay where they are.

Where the map is a product (principal component analysis), so is the place. On any other map an image goes where its
neighbours among the map's points are. Their places are averaged robustly: with the weights 1 / (1 + d²) of UMAP's curve
(McInnes, Healy, Melville, arXiv:1802.03426), found in a few steps of reweighted least squares (Holland, Welsch: "Robust
regression using iteratively reweighted least-squares", Communications in Statistics 6, 1977). So an image whose
neighbours are in two clusters goes into one of them, never into the void between. Each image is placed by itself: its
place does not depend on what is placed with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.neighbours import BuildIndex, build_cells, nearest_among
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress, share_of
from loupe_reduction.algorithms.vectors import PreparedVectors, Vectors
from loupe_reduction.domain.errors import DimensionMismatch
from loupe_reduction.domain.reducers import Reducer

NEIGHBOURS = 15
STEPS = 16
"""Of reweighted least squares; places move by less than a thousandth of their neighbours' distance after ten."""

SAME = 1e-4
"""An image this much nearer to its nearest neighbour than to the others on average is that image again."""

CHUNK = 4096
FARTHEST = 1e9
"""Numbers along main directions are kept within this: squares of larger ones leave float32. The map's own are below."""


def place(
    values: Vectors,
    reducer: Reducer,
    *,
    threads: int = 1,
    progress: Progress = no_progress,
    build: BuildIndex = build_cells,
) -> NDArray[np.float32]:
    """Returns where images belong on a map: array (N, C), float32, finite.

    Args:
        values: N vectors of D finite numbers.
        reducer: of the map.
        threads: searches at the same time.
        progress: told how far the work is.
        build: makes the index in which neighbours are searched.

    Raises:
        DimensionMismatch: the vectors have another length than those of the map.
    """
    if values.shape[1] != reducer.dimension:
        raise DimensionMismatch(
            f"The vectors have {values.shape[1]} numbers, those of the map have {reducer.dimension}; place images by "
            "the features that the map was made from.",
            dimension=str(values.shape[1]),
            expected=str(reducer.dimension),
            image_id="",
        )
    small = _along_directions(values, reducer, threads, share_of(progress, 0.0, 0.5))
    if not len(reducer.anchors):
        places = _widened(small, reducer) - reducer.centre
        limit = float(np.finfo(np.float32).max)
        return np.clip(places.astype(np.float64) * reducer.scale, -limit, limit).astype(np.float32)
    tell = share_of(progress, 0.5, 1.0)
    return place_among(reducer.anchors, reducer.places, small, threads=threads, progress=tell, build=build)


def place_among(
    anchors: NDArray[np.float32],
    places: NDArray[np.float32],
    small: NDArray[np.float32],
    *,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
    build: BuildIndex = build_cells,
) -> NDArray[np.float32]:
    """Returns where vectors belong by their neighbours among anchors: array (N, C), float32.

    Args:
        anchors: array (M, P), float32, M >= 1.
        places: array (M, C), float32: where they are.
        small: array (N, P), float32: along the same directions.
        seed: of the index.
        threads: searches at the same time.
        progress: told how far the work is.
        build: makes the index in which neighbours are searched.
    """
    wanted = min(NEIGHBOURS, len(anchors))
    tell = share_of(progress, 0.0, 0.6)
    near = nearest_among(anchors, small, wanted, seed=seed, threads=threads, progress=tell, build=build)
    found = np.empty((len(small), places.shape[1]), np.float32)

    def put(start: int, end: int) -> None:
        found[start:end] = _among(places[near.indices[start:end]], near.distances[start:end])

    with chunk_pool(threads) as pool:
        map_chunks(put, len(small), CHUNK, pool, share_of(progress, 0.6, 1.0))
    return found


def _along_directions(values: Vectors, reducer: Reducer, threads: int, progress: Progress) -> NDArray[np.float32]:
    ready = PreparedVectors(values, scale=reducer.scale, is_unit=reducer.is_unit)
    small = np.empty((len(values), reducer.directions.shape[1]), np.float32)

    def turn(start: int, end: int) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            turned = (ready[start:end] - reducer.mean) @ reducer.directions
        small[start:end] = np.clip(np.nan_to_num(turned), -FARTHEST, FARTHEST)

    with chunk_pool(threads) as pool:
        map_chunks(turn, len(values), CHUNK, pool, progress)
    return small


def _widened(small: NDArray[np.float32], reducer: Reducer) -> NDArray[np.float32]:
    """Returns C columns: vectors shorter than the map has dimensions leave the last ones flat."""
    wide = np.zeros((len(small), len(reducer.centre)), np.float32)
    wide[:, : small.shape[1]] = small
    return wide


def _among(places: NDArray[np.float32], distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns robust means of neighbours' places.

    Args:
        places: array (N, K, C), float32: of the neighbours, nearest first.
        distances: array (N, K), float32: from the images to them, ascending.
    """
    beyond = (distances - distances[:, :1]).astype(np.float64)
    gap = beyond.mean(axis=1, keepdims=True)
    weights = np.exp(-beyond / np.where(gap > 0, gap, 1.0))
    wide = places.astype(np.float64)
    place = wide[:, 0]
    squared = ((wide - place[:, None]) ** 2).sum(axis=2)
    # How far apart points are here, by the nearest quarter: of an image between two groups half are far away.
    usual = np.partition(squared, squared.shape[1] // 4, axis=1)[:, squared.shape[1] // 4, None]
    usual = np.where(usual > 0, usual, np.maximum(squared.mean(axis=1, keepdims=True), 1e-12))
    for _ in range(STEPS):
        pull = weights / (1.0 + squared / usual)
        place = (pull[:, :, None] * wide).sum(axis=1) / pull.sum(axis=1, keepdims=True)
        squared = ((wide - place[:, None]) ** 2).sum(axis=2)
    is_same = distances[:, 0] <= SAME * distances.mean(axis=1)
    return np.where(is_same[:, None], wide[:, 0], place).astype(np.float32)
