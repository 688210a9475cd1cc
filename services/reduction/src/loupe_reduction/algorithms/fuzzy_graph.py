"""The weighted neighbour graph of UMAP.

McInnes, Healy, Melville: "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction",
arXiv:1802.03426, section 3.1 and algorithms 2 and 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from loupe_reduction.algorithms.neighbours import Neighbours

BISECTIONS = 40
"""Halvings of the interval that holds a bandwidth; float32 distances carry no more than that."""


def fuzzy_graph(neighbours: Neighbours) -> sparse.csr_matrix:
    """Weighs how strongly each vector is tied to its neighbours, in both directions alike.

    Args:
        neighbours: of N vectors, K each.

    Returns:
        Symmetric sparse matrix (N, N), float32, weights in (0, 1], none on the diagonal, columns sorted in each row.
    """
    count, width = neighbours.indices.shape
    weights = _directed_weights(neighbours.distances.astype(np.float64))
    starts = np.arange(0, count * width + 1, width)
    directed = sparse.csr_matrix((weights.ravel(), neighbours.indices.ravel(), starts), shape=(count, count))
    other = directed.T.tocsr()
    # Probability that at least one of the two directions holds.
    graph = (directed + other - directed.multiply(other)).tocsr().astype(np.float32)
    # Far neighbours of a dense group weigh less than the smallest float32.
    graph.eliminate_zeros()
    graph.sort_indices()
    return graph


def _directed_weights(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns exp(-(d - rho) / sigma) with sigma such that the weights of a row add up to log2(K)."""
    positive = np.where(distances > 0, distances, np.inf)
    nearest = positive.min(axis=1)
    nearest[np.isinf(nearest)] = 0.0
    beyond = np.maximum(distances - nearest[:, None], 0.0)
    target = np.log2(max(distances.shape[1], 2))
    sigma = _bandwidths(beyond, target)
    weights: NDArray[np.float64] = np.exp(-beyond / sigma[:, None])
    return weights


def _bandwidths(beyond: NDArray[np.float64], target: float) -> NDArray[np.float64]:
    typical = float(beyond.mean()) or 1.0
    low = np.zeros(len(beyond))
    high = np.full(len(beyond), 1000.0 * typical)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        too_wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > target
        high = np.where(too_wide, middle, high)
        low = np.where(too_wide, low, middle)
    # A floor, as in the paper's reference: a row of equal distances would otherwise cut itself off.
    floor: NDArray[np.float64] = 1e-3 * np.maximum(beyond.mean(axis=1), 1e-3 * typical)
    sigma: NDArray[np.float64] = np.maximum((low + high) / 2, floor)
    return sigma
