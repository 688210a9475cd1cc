"""Vectors for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def clusters(
    count: int, *, dimension: int = 64, groups: int = 8, spread: float = 0.3, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Returns vectors as a network's last layer gives them, non-negative and in groups, and the group of each.

    Args:
        count: N.
        dimension: D.
        groups: number of groups, of about the same size.
        spread: standard deviation around the centre of a group; centres are about 1.4 * sqrt(D) apart.
        seed: of everything.

    Returns:
        Array (N, D), float32, and array (N,), int64.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, dimension))
    labels = rng.integers(groups, size=count)
    values = np.maximum(centres[labels] + spread * rng.normal(size=(count, dimension)), 0.0)
    return values.astype(np.float32), labels.astype(np.int64)


def purity(coordinates: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Returns the share of points whose nearest point on the map is of their own group."""
    squared = ((coordinates[:, None, :] - coordinates[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    return float((labels[squared.argmin(axis=1)] == labels).mean())
