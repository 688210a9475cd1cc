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

from loupe_reduction.algorithms.cosine import unit_rows
from loupe_reduction.algorithms.neighbours import nearest_among
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress, share_of
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
    values: NDArray[np.float32], reducer: Reducer, *, threads: int = 1, progress: Progress = no_progress
) -> NDArray[np.float32]:
    """Returns where images belong on a map: array (N, C), float32, finite.

    Args:
        values: array (N, D), float32, C order, finite.
        reducer: of the map.
        threads: searches at the same time.
        progress: told how far the work is.

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
    near = nearest_among(
        reducer.anchors,
        small,
        min(NEIGHBOURS, len(reducer.anchors)),
        threads=threads,
        progress=share_of(progress, 0.5, 1.0),
    )
    found = np.empty((len(small), len(reducer.centre)), np.float32)
    for start in range(0, len(small), CHUNK):
        part = slice(start, start + CHUNK)
        found[part] = _among(reducer.places[near.indices[part]], near.distances[part])
    return found


def _along_directions(
    values: NDArray[np.float32], reducer: Reducer, threads: int, progress: Progress
) -> NDArray[np.float32]:
    small = np.empty((len(values), reducer.directions.shape[1]), np.float32)

    def turn(start: int, end: int) -> None:
        part = values[start:end] if reducer.scale == 1.0 else (values[start:end] / reducer.scale).astype(np.float32)
        part = unit_rows(part) if reducer.is_unit else part
        with np.errstate(over="ignore", invalid="ignore"):
            turned = (part - reducer.mean) @ reducer.directions
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
