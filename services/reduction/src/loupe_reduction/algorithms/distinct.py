"""Finds vectors that are bit for bit the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.parallel import chunk_pool, map_chunks
from loupe_reduction.algorithms.vectors import Vectors

CHUNK = 256
"""Vectors hashed together: what is computed on the way stays in the cache of a core."""


def distinct_rows(values: Vectors, *, threads: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Finds the different rows, so that thousands of copies cost no more than one.

    Args:
        values: N vectors of D numbers.
        threads: parts that are looked at together.

    Returns:
        `first`, array (M,), int64: the row where each different vector appears first, ascending; and `inverse`, array
        (N,), int64: for each row its place in `first`, so that `values[first][inverse]` equals `values`.
    """
    hashes = _hash_rows(values, threads)
    _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    if not _same_rows(values, first[inverse]):
        # Two different vectors share a hash: rare enough to pay for a comparison of whole rows.
        rows = np.ascontiguousarray(values[:]).view(np.dtype((np.void, values.shape[1] * 4))).ravel()
        _, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return first[order].astype(np.int64), rank[inverse].astype(np.int64)


def _hash_rows(values: Vectors, threads: int) -> NDArray[np.uint64]:
    # Multiply-and-add over the bit patterns, modulo 2^64: a universal hash that NumPy computes at memory speed.
    factors = np.random.default_rng(0x10C).integers(1, 2**63, values.shape[1], dtype=np.uint64) | np.uint64(1)
    hashes = np.empty(len(values), np.uint64)

    def put(start: int, end: int) -> None:
        bits = np.ascontiguousarray(values[start:end]).view(np.uint32).astype(np.uint64)
        # The high half of each product depends on all lower bits of the value; keep it.
        bits += np.uint64(1)
        bits *= factors
        bits >>= np.uint64(16)
        hashes[start:end] = bits.sum(axis=1)

    with chunk_pool(threads) as pool:
        map_chunks(put, len(values), CHUNK, pool)
    return hashes


def _same_rows(values: Vectors, source: NDArray[np.int64]) -> bool:
    copies = np.flatnonzero(source != np.arange(len(values)))
    for start in range(0, copies.size, 1024):
        rows = copies[start : start + 1024]
        if not np.array_equal(values[rows].view(np.uint32), values[source[rows]].view(np.uint32)):
            return False
    return True
