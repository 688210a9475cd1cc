"""Random draws that are hashes of counters, compiled: each is the same whatever was drawn before, on any thread."""

from __future__ import annotations

import numpy as np

from loupe_reduction.algorithms.compiled import compiled

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""From one counter to the next."""


@compiled
def mix(key: np.uint64) -> np.uint64:
    """Returns 64 well-mixed bits of a counter (the finaliser of SplitMix64: Steele, Lea, Flood 2014)."""
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


@compiled
def counter_of(seed: np.uint64, point: int) -> np.uint64:
    """Returns where the counter of a point begins."""
    return mix(seed ^ (np.uint64(point) * GOLDEN))


@compiled
def draw_below(counter: np.uint64, count: np.uint64) -> np.int64:
    """Returns a fair draw from 0..count-1."""
    # The high half of a product does it without a division.
    return np.int64(((mix(counter) >> np.uint64(32)) * count) >> np.uint64(32))
