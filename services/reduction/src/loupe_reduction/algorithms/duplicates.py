"""Groups of nearly the same images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.cosine import cosine_neighbours
from loupe_reduction.algorithms.distinct import distinct_rows
from loupe_reduction.algorithms.neighbours import Neighbours
from loupe_reduction.algorithms.parallel import Progress, no_progress
from loupe_reduction.algorithms.vectors import unit_rows
from loupe_reduction.domain.jobs import DuplicateGroups

NEIGHBOURS = 30
"""Different vectors that each one is compared with."""

REFERENCE_NEIGHBOUR = 5
"""The distance to this neighbour is what is usual between different images. The nearest one would not do: where
duplicates are many it is a duplicate itself, and the threshold would fall the more of them there are."""

ROUNDING = np.float32(1e-6)
"""Cosine distances below this are rounding errors."""


def find_duplicates(
    values: NDArray[np.float32],
    *,
    percentile: float,
    max_distance: float,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
) -> DuplicateGroups:
    """Groups vectors that are nearer to each other than is usual in this set.

    Every member of a group is within the threshold of its keeper, so chains of small steps do not grow into one group.

    Args:
        values: array (N, D), float32, C order, finite, N >= 2.
        percentile: of the distances to the fifth nearest different vector, in (0, 50]: the threshold.
        max_distance: ceiling of the threshold, a cosine distance in [0, 2].
        seed: seed of the neighbour search.
        threads: threads to use.
        progress: told how far the work is.
    """
    first, inverse = distinct_rows(values)
    if first.size == 1:
        near = Neighbours(np.zeros((1, 0), np.int32), np.zeros((1, 0), np.float32))
    else:
        width = min(NEIGHBOURS, first.size - 1)
        near = cosine_neighbours(unit_rows(values[first]), width, seed=seed, threads=threads, progress=progress)
    threshold = duplicate_threshold(near.distances, percentile, max_distance)
    keeper_of, distance_to = stars(near, np.bincount(inverse), threshold)
    return _groups(first, inverse, keeper_of, distance_to, float(threshold))


def duplicate_threshold(distances: NDArray[np.float32], percentile: float, max_distance: float) -> np.float32:
    """Returns the cosine distance up to which two vectors are suspiciously near.

    Args:
        distances: array (N, K), float32: to the K nearest different vectors, ascending.
        percentile: of the distances to the fifth nearest, in (0, 50].
        max_distance: ceiling, in [0, 2].
    """
    if distances.shape[1] == 0:
        return ROUNDING
    usual = distances[:, min(REFERENCE_NEIGHBOUR, distances.shape[1]) - 1]
    return max(np.float32(min(float(np.percentile(usual, percentile)), max_distance)), ROUNDING)


def stars(
    near: Neighbours, copies: NDArray[np.int64], threshold: np.float32
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Gives each different vector to a keeper: most central first, each takes what is near and still free.

    Returns:
        For each different vector its keeper and the distance to it; keepers keep themselves.
    """
    within = near.distances <= threshold
    pairs = _both_ways(near, within)
    centrality = copies + np.asarray([sum(copies[other] for other in others) for others in pairs])
    keeper_of = np.full(len(copies), -1, np.int64)
    distance_to = np.zeros(len(copies), np.float32)
    for row in np.argsort(-centrality, kind="stable"):
        if keeper_of[row] >= 0:
            continue
        keeper_of[row] = row
        for other, distance in pairs[row].items():
            if keeper_of[other] < 0:
                keeper_of[other] = row
                distance_to[other] = distance
    return keeper_of, distance_to


def _both_ways(near: Neighbours, within: NDArray[np.bool_]) -> list[dict[int, float]]:
    # Near pairs are few; a neighbour list that is full may name only one direction of a pair.
    pairs: list[dict[int, float]] = [{} for _ in range(len(within))]
    for row, place in np.argwhere(within):
        other, distance = int(near.indices[row, place]), float(near.distances[row, place])
        pairs[row][other] = distance
        pairs[other][int(row)] = distance
    return pairs


def _groups(
    first: NDArray[np.int64],
    inverse: NDArray[np.int64],
    keeper_of: NDArray[np.int64],
    distance_to: NDArray[np.float32],
    threshold: float,
) -> DuplicateGroups:
    group_of = keeper_of[inverse]
    distance = distance_to[inverse]
    # By group, the keeper's own copies before others, the earliest row first.
    order = np.lexsort((np.arange(len(group_of)), distance, group_of))
    cuts = np.flatnonzero(np.diff(group_of[order])) + 1
    keepers, members, distances = [], [], []
    for rows in sorted((part for part in np.split(order, cuts) if part.size > 1), key=lambda part: -part.size):
        keeper = int(first[group_of[rows[0]]])
        others = rows[rows != keeper]
        keepers.append(keeper)
        members.append(others.astype(np.int64))
        distances.append(distance[others])
    return DuplicateGroups(threshold, np.asarray(keepers, np.int64), members, distances)
