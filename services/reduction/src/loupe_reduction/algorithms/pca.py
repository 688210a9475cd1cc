"""Principal component analysis (Pearson 1901; Hotelling 1933) of large float32 arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress
from loupe_reduction.algorithms.vectors import Vectors

CHUNK = 2048
"""Rows of one matrix product."""


@dataclass(frozen=True)
class Pca:
    """The main directions of a set of vectors."""

    mean: NDArray[np.float32]
    """Array (D,), float32: the centre of the vectors."""

    scale: NDArray[np.float32]
    """Array (D,), float32, > 0: what each centred value is divided by; ones unless unit variance was asked for."""

    components: NDArray[np.float32]
    """Array (P, D), float32: unit vectors at right angles, largest variance first. The entry with the largest
    magnitude of each is positive, so that the sign does not depend on the solver."""

    explained_variance_ratio: NDArray[np.float64]
    """Array (P,), float64: share of the variance along each component, each in [0, 1]."""


def fit_pca(
    values: Vectors,
    components: int,
    *,
    sample: int = 20_000,
    unit_variance: bool = False,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Pca:
    """Finds the main directions from the covariance of at most `sample` rows.

    The covariance (or, for fewer rows than columns, the products of the rows with each other) is small enough to be
    decomposed exactly; main directions hardly change beyond some ten thousand rows.

    Args:
        values: N vectors of D finite numbers, N >= 2.
        components: number of directions wanted; at most min(N, D) are given.
        sample: number of rows looked at, drawn at random when there are more.
        unit_variance: divide each column by its standard deviation first; constant columns stay as they are.
        seed: seed of the draw.
        threads: matrix products at the same time.
        progress: told how far the work is.
    """
    rows = _draw(values, sample, seed)
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = rows - mean
    scale = np.ones_like(mean)
    if unit_variance:
        deviation = centred.std(axis=0, dtype=np.float64).astype(np.float32)
        scale = np.where(deviation > 0, deviation, np.float32(1))
        centred /= scale
    count = min(components, *centred.shape)
    if centred.shape[0] < centred.shape[1]:
        variances, directions = _by_rows(centred, count)
    else:
        variances, directions = _by_columns(centred, count, threads, progress)
    total = float(np.einsum("ij,ij->", centred, centred, dtype=np.float64)) or 1.0
    progress(1.0)
    return Pca(mean, scale, _fix_signs(directions), np.clip(variances / total, 0.0, 1.0))


def apply_pca(pca: Pca, values: Vectors, *, threads: int = 1, progress: Progress = no_progress) -> NDArray[np.float32]:
    """Returns the vectors along the main directions: array (N, P), float32."""
    reduced = np.empty((len(values), len(pca.components)), np.float32)
    directions = np.ascontiguousarray((pca.components / pca.scale).T)

    def project(start: int, end: int) -> None:
        np.matmul(values[start:end] - pca.mean, directions, out=reduced[start:end])

    with chunk_pool(threads) as pool:
        map_chunks(project, len(values), CHUNK, pool, progress)
    return reduced


def _draw(values: Vectors, sample: int, seed: int) -> NDArray[np.float32]:
    if len(values) <= sample:
        return values[:]
    rows = np.random.default_rng(seed).choice(len(values), sample, replace=False)
    return values[np.sort(rows)]


def _by_columns(
    centred: NDArray[np.float32], count: int, threads: int, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    def product(start: int, end: int) -> NDArray[np.float32]:
        piece = centred[start:end]
        return piece.T @ piece

    width = centred.shape[1]
    covariance = np.zeros((width, width), np.float64)
    with chunk_pool(threads) as pool:
        for part in map_chunks(product, len(centred), CHUNK, pool, progress):
            covariance += part
    variances, vectors = linalg.eigh(covariance, subset_by_index=(width - count, width - 1), check_finite=False)
    return variances[::-1], vectors.T[::-1]


def _by_rows(centred: NDArray[np.float32], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    wide = centred.astype(np.float64)
    size = len(wide)
    products = wide @ wide.T
    variances, vectors = linalg.eigh(products, subset_by_index=(size - count, size - 1), check_finite=False)
    variances, vectors = variances[::-1], vectors.T[::-1]
    directions = vectors @ wide
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    # Directions without variance have no length; leave them zero instead of blowing up rounding errors.
    known = lengths > 1e-10 * max(float(lengths.max()), 1e-300)
    return np.maximum(variances, 0.0), np.where(known, directions / np.where(known, lengths, 1.0), 0.0)


def _fix_signs(directions: NDArray[np.float64]) -> NDArray[np.float32]:
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    return np.ascontiguousarray(directions * np.where(largest < 0, -1.0, 1.0), dtype=np.float32)
