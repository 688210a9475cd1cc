"""Which images are most useful to label or to train on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.cosine import cosine_neighbours
from loupe_reduction.algorithms.coverage import at_centres, facility_location
from loupe_reduction.algorithms.distinct import distinct_rows
from loupe_reduction.algorithms.duplicates import duplicate_threshold, stars
from loupe_reduction.algorithms.linear_head import fit_head
from loupe_reduction.algorithms.neighbours import Neighbours
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress, share_of
from loupe_reduction.algorithms.vectors import unit_rows
from loupe_reduction.domain.errors import CountOutOfRange
from loupe_reduction.domain.jobs import NO_CLASS, DuplicateJob, Selection, SelectJob, Strategy

NEIGHBOURS = 30
"""Images that one pick can stand for directly."""

POOL = 5
"""Least sure images for each pick among which unlike ones are chosen."""

ASSIGN_CHUNK = 1024


def select_images(
    values: NDArray[np.float32], job: SelectJob, *, threads: int = 1, progress: Progress = no_progress
) -> Selection:
    """Picks images, never two of which one is a near-duplicate of the other.

    Args:
        values: array (N, D), float32, C order, finite, N >= 2.
        job: what to pick; its groups and classes have N entries. Fewer are picked where fewer images differ.
        threads: threads to use.
        progress: told how far the work is.

    Raises:
        CountOutOfRange: every image is a near-duplicate of one that has a class.
    """
    scene = _look(values, job, threads, share_of(progress, 0.0, 0.6))
    if scene.candidates.size == 0:
        raise CountOutOfRange(
            "Every image without a label shows what a labelled one shows; there is nothing to pick.",
            count=str(job.count),
            maximum="0",
        )
    margins = None
    if job.strategy is Strategy.UNCERTAINTY:
        margins = _margins(values, scene, job, threads)
    picks = _pick(scene, job, margins, threads, share_of(progress, 0.6, 0.9))
    found = _represent(scene.unit, picks, scene.copies, threads)
    if job.strategy is Strategy.KMEANS:
        picks = picks[np.argsort(-found.images, kind="stable")]
        found = _represent(scene.unit, picks, scene.copies, threads)
    progress(1.0)
    return Selection(
        picks=scene.first[picks],
        represented=found.images,
        gains=found.gains,
        coverage=found.closeness / len(values),
        margins=None if margins is None else margins[picks],
        labelled=0 if margins is None or job.classes is None else int((job.classes != NO_CLASS).sum()),
    )


@dataclass(frozen=True)
class _Scene:
    """The M different vectors, and which of them may be picked."""

    first: NDArray[np.int64]
    """Array (M,), int64: row where each appears first."""

    unit: NDArray[np.float32]
    """Array (M, D), float32: of length 1."""

    copies: NDArray[np.int64]
    """Array (M,), int64: images with each vector."""

    near: Neighbours
    """Cosine neighbours."""

    candidates: NDArray[np.int64]
    """Array, int64, ascending: may be picked."""

    group: NDArray[np.int64]
    """Array (M,), int64: number of the group of each, from 0."""


def _look(values: NDArray[np.float32], job: SelectJob, threads: int, progress: Progress) -> _Scene:
    first, inverse = distinct_rows(values)
    unit, copies = unit_rows(values[first]), np.bincount(inverse)
    near = Neighbours(np.zeros((first.size, 0), np.int32), np.zeros((first.size, 0), np.float32))
    if first.size > 1:
        width = min(NEIGHBOURS, first.size - 1)
        near = cosine_neighbours(unit, width, seed=job.seed, threads=threads, progress=progress)
    usual = DuplicateJob()
    keeper_of, _ = stars(near, copies, duplicate_threshold(near.distances, usual.percentile, usual.max_distance))
    may = keeper_of == np.arange(first.size)
    if job.strategy is Strategy.UNCERTAINTY and job.classes is not None:
        # What shows the same as a labelled image is as good as labelled.
        labelled = np.zeros(first.size, np.bool_)
        labelled[keeper_of[inverse[job.classes != NO_CLASS]]] = True
        may &= ~labelled
    groups = np.zeros(len(values), np.int64) if job.groups is None else job.groups
    _, number = np.unique(groups[first], return_inverse=True)
    return _Scene(first, unit, copies, near, np.flatnonzero(may), number.astype(np.int64))


def _margins(values: NDArray[np.float32], scene: _Scene, job: SelectJob, threads: int) -> NDArray[np.float64]:
    """Returns for each different vector how sure a model of the labels is of it: array (M,), float64."""
    classes = np.full(len(values), NO_CLASS) if job.classes is None else job.classes
    rows = np.flatnonzero(classes != NO_CLASS)
    head = fit_head(unit_rows(values[rows]), classes[rows], seed=job.seed)
    return head.margins(scene.unit, threads)


def _pick(
    scene: _Scene, job: SelectJob, margins: NDArray[np.float64] | None, threads: int, progress: Progress
) -> NDArray[np.int64]:
    quotas = shares(np.bincount(scene.group[scene.candidates], minlength=int(scene.group.max()) + 1), job.count)
    if job.strategy is Strategy.FACILITY_LOCATION:
        return facility_location(scene.near, scene.candidates, scene.group, quotas, progress)
    parts = []
    served = np.flatnonzero(quotas)
    for number in served:
        rows, quota = scene.candidates[scene.group[scene.candidates] == number], int(quotas[number])
        if margins is not None:
            rows = rows[np.argsort(margins[rows], kind="stable")[: POOL * quota]]
        if quota < rows.size:
            rows = rows[at_centres(scene.unit[rows], quota, seed=job.seed, threads=threads)]
        parts.append(rows)
        progress(len(parts) / served.size)
    picks = np.concatenate(parts)
    return picks if margins is None else picks[np.argsort(margins[picks], kind="stable")]


def shares(sizes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Divides picks among groups: equally, and what small groups cannot take goes to the others.

    Args:
        sizes: array (G,), int64: images of each group.
        count: picks wanted, at least 1.

    Returns:
        Array (G,), int64: picks of each group; their sum is `count`, or all images there are.
    """
    quotas = np.zeros(len(sizes), np.int64)
    left = min(count, int(sizes.sum()))
    while left > 0:
        open_groups = np.flatnonzero(quotas < sizes)
        each, rest = divmod(left, len(open_groups))
        # What cannot be divided goes to the largest groups.
        order = open_groups[np.argsort(-sizes[open_groups], kind="stable")]
        more = np.full(len(order), each)
        more[:rest] += 1
        more = np.minimum(more, sizes[order] - quotas[order])
        quotas[order] += more
        left -= int(more.sum())
    return quotas


@dataclass(frozen=True)
class _Represented:
    """How a selection stands for all images."""

    images: NDArray[np.int64]
    """Array (K,), int64: images nearest to each pick."""

    gains: NDArray[np.int64]
    """Array (K,), int64: images nearer to each pick than to all before it."""

    closeness: float
    """Sum over all images of the cosine similarity to the nearest pick."""


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
        )

    with chunk_pool(threads) as pool:
        parts = map_chunks(assign, len(unit), ASSIGN_CHUNK, pool)
    return _Represented(
        np.sum([part.images for part in parts], axis=0),
        np.sum([part.gains for part in parts], axis=0),
        sum(part.closeness for part in parts),
    )
