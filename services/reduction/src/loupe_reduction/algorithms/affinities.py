"""How strongly t-SNE ties each vector to its neighbours.

van der Maaten: "Accelerating t-SNE using tree-based algorithms", JMLR 15, 2014, section 4.1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from loupe_reduction.algorithms.neighbours import Neighbours

BISECTIONS = 50
"""Halvings of the interval that holds a precision."""


def affinities(neighbours: Neighbours, perplexity: float) -> sparse.csr_matrix:
    """Returns the joint probabilities of neighbouring vectors.

    Args:
        neighbours: of N vectors, about three times the perplexity each.
        perplexity: effective number of neighbours, below K.

    Returns:
        Symmetric sparse matrix (N, N), float32; all entries together add up to 1.
    """
    count, width = neighbours.indices.shape
    squared = neighbours.distances.astype(np.float64) ** 2
    squared -= squared[:, :1]
    conditional = _conditional(squared, np.log(perplexity))
    starts = np.arange(0, count * width + 1, width)
    directed = sparse.csr_matrix((conditional.ravel(), neighbours.indices.ravel(), starts), shape=(count, count))
    joint = (directed + directed.T).tocsr()
    joint.sort_indices()
    return (joint / joint.sum()).astype(np.float32)


def _conditional(squared: NDArray[np.float64], entropy: float) -> NDArray[np.float64]:
    """Returns Gaussian weights, rows adding up to 1, whose entropy in nats is the one wanted."""
    typical = float(squared.mean()) or 1.0
    low = np.full(len(squared), -30.0)
    high = np.full(len(squared), 30.0)
    weights = np.full_like(squared, 1.0 / squared.shape[1])
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        raw = np.exp(-squared * (np.exp(middle) / typical)[:, None])
        total = raw.sum(axis=1, keepdims=True)
        weights = raw / total
        found = -(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1)
        too_wide = found > entropy
        low = np.where(too_wide, middle, low)
        high = np.where(too_wide, high, middle)
    return weights
