"""Carries out a fit, a scoring, a search or a selection: the road that all of them take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from loupe_kit.errors import FailedPrecondition
from loupe_reduction.domain.errors import ClassTooSmall, CountOutOfRange, TooFewClasses, TooFewPoints
from loupe_reduction.domain.features import FeatureSource, ImageIds
from loupe_reduction.domain.heads import MAX_CLASSES
from loupe_reduction.domain.jobs import (
    NO_CLASS,
    DuplicateJob,
    FitJob,
    Job,
    OutlierJob,
    PlaceJob,
    Projection,
    Result,
    SelectJob,
    Strategy,
    TeachJob,
)
from loupe_reduction.domain.progress import LOADING_SHARE, EarlyPicture, Phase, Progress, Report
from loupe_reduction.domain.recipe import MINIMUM_POINTS, Method, PcaParameters, Recipe, check_range, check_recipe
from loupe_reduction.ports import FeatureReader, SpoolFactory, Worker, Workers
from loupe_reduction.use_cases.gather_features import gather_features

MINIMUM_PAIR = 2
"""Images that duplicates and selections need."""

FIRST_LOOK_ABOVE = 20_000
"""Images from which some are looked at before all are read: fewer are read in a second or two."""

MINIMUM_CLASSES = 2
"""Classes that there must be to tell apart."""


@dataclass(frozen=True)
class Order:
    """What a caller asks for."""

    source: FeatureSource
    """Where the vectors come from."""

    requester: str
    """Whose turn in the queue it is."""

    job: Job


@dataclass(frozen=True)
class Outcome:
    """What a caller gets."""

    images: ImageIds
    """The images of the request."""

    rows: NDArray[np.int64]
    """Array (N,), int64: those with a vector, in the order of the request; results count rows in here."""

    skipped: NDArray[np.int64]
    """Array, int64: those without."""

    dimension: int
    """Length of the vectors."""

    result: Result

    seconds: float
    """Time of the computation, without queue and transport."""


class RunJob:
    """Reads the vectors, does the work in a process of its own, and gives the result back.

    Args:
        reader: where vectors are read from.
        spools: where they are kept meanwhile.
        workers: the processes.
    """

    def __init__(self, reader: FeatureReader, spools: SpoolFactory, workers: Workers) -> None:
        self._reader = reader
        self._spools = spools
        self._workers = workers

    async def __call__(self, order: Order, images: ImageIds, report: Report) -> Outcome:
        """Does the work; cancelling the call stops it and frees the cores.

        Args:
            order: what to do.
            images: what to do it with, in the order in which results are wanted.
            report: told how far the work is.

        Raises:
            LoupeError: see `domain.errors`.
        """
        check_job(order.job)
        check_count(order.job, len(images))

        def waiting(position: int) -> None:
            report(Progress(Phase.QUEUED, 0.0, position))

        def loading(fraction: float) -> None:
            report(Progress(Phase.LOADING_FEATURES, LOADING_SHARE * fraction))

        async with self._workers.reserve(order.requester, waiting) as worker, self._spools() as spool:
            loading(0.0)
            if isinstance(order.job, FitJob):
                await self._first_look(order, order.job, images, worker, report)
            gathered = await gather_features(
                self._reader, spool, order.source, images, minimum=minimum_of(order.job), on_fraction=loading
            )
            job = of_rows(order.job, gathered.rows)
            check_count(job, gathered.rows.size)
            await worker.ready()
            began = time.perf_counter()
            result = await worker.run(job, gathered.features, lambda one: report(one.of_rows(gathered.rows)))
            seconds = time.perf_counter() - began
        return Outcome(images, gathered.rows, gathered.skipped, gathered.features.dimension, result, seconds)

    async def _first_look(self, order: Order, job: FitJob, images: ImageIds, worker: Worker, report: Report) -> None:
        """Shows some of many points along their main directions, while reading all takes minutes yet."""
        if job.early is None or len(images) <= FIRST_LOOK_ABOVE:
            return
        some = ImageIds(images.pack(job.early))
        flat = FitJob(Recipe(Method.PCA, job.recipe.dimensions, PcaParameters(), job.recipe.seed))
        try:
            async with self._spools() as spool:
                gathered = await gather_features(
                    self._reader, spool, order.source, some, minimum=minimum_of(flat), on_fraction=lambda _: None
                )
                await worker.ready()
                found = await worker.run(flat, gathered.features, lambda _: None)
        except FailedPrecondition:
            # What is wrong with some may be right with all; if not, that is said when all are there.
            return
        picture = EarlyPicture(job.early[gathered.rows], cast("Projection", found).coordinates)
        report(Progress(Phase.LOADING_FEATURES, 0.0, picture=picture))


def early_points(count: int, wanted: int, seed: int) -> NDArray[np.int64] | None:
    """Returns the images of early pictures: array (E,), int64, ascending; None where none are wanted.

    Args:
        count: number of images.
        wanted: how many of them at most, drawn at random.
        seed: seed of the draw.
    """
    if not wanted:
        return None
    if count <= wanted:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, wanted, replace=False))


def of_rows(job: Job, rows: NDArray[np.int64]) -> Job:
    """Returns the job for those of its images that have a vector."""
    return job.of_rows(rows) if isinstance(job, FitJob | OutlierJob | SelectJob | TeachJob) else job


def minimum_of(job: Job) -> int:
    """Returns the number of vectors that a job needs."""
    if isinstance(job, PlaceJob):
        return 1
    return MINIMUM_POINTS if isinstance(job, FitJob | OutlierJob) else MINIMUM_PAIR


def check_job(job: Job) -> None:
    """Refuses parameters that no number of images could be worked with.

    Raises:
        SpecInvalid: a field contradicts another.
        ParameterOutOfRange: a parameter is out of its range.
    """
    if isinstance(job, FitJob):
        check_recipe(job.recipe)
    elif isinstance(job, OutlierJob):
        check_range("neighbours", job.neighbours, 1, 200)
    elif isinstance(job, DuplicateJob):
        check_range("percentile", job.percentile, 1e-6, 50)
        check_range("max_distance", job.max_distance, 0, 2)
    elif isinstance(job, TeachJob):
        check_range("class_count", job.class_count, MINIMUM_CLASSES, MAX_CLASSES)
        check_range("minimum_a_class", job.minimum_a_class, 2, MAX_CLASSES)


def check_count(job: Job, count: int) -> None:
    """Refuses a number of images that is too small for the job.

    Raises:
        TooFewPoints: fewer images than the work needs.
        CountOutOfRange: fewer images than are to be picked, or none are to be picked.
        ClassTooSmall: a class has too few images to be taught.
        TooFewClasses: there is nothing to learn.
    """
    minimum = minimum_of(job)
    if count < minimum:
        raise TooFewPoints(
            f"{count} images are too few, {minimum} are needed; select more images.",
            count=str(count),
            minimum=str(minimum),
            without_features="0",
        )
    if isinstance(job, SelectJob):
        _check_picks(job, count)
    if isinstance(job, TeachJob):
        _check_classes(job)
    if isinstance(job, OutlierJob) and job.reference is not None and job.reference.sum() < MINIMUM_POINTS:
        raise TooFewPoints(
            f"{int(job.reference.sum())} images with features are too few to say what is usual, {MINIMUM_POINTS} are "
            "needed; take a larger reference.",
            count=str(int(job.reference.sum())),
            minimum=str(MINIMUM_POINTS),
            without_features="0",
        )


def _check_classes(job: TeachJob) -> None:
    sizes = np.bincount(job.classes, minlength=job.class_count)
    smallest = int(sizes.argmin())
    if sizes[smallest] < job.minimum_a_class:
        raise ClassTooSmall(
            f"{int(sizes[smallest])} images of class {smallest} have features, {job.minimum_a_class} are needed.",
            number=str(smallest),
            count=str(int(sizes[smallest])),
            minimum=str(job.minimum_a_class),
        )


def _check_picks(job: SelectJob, count: int) -> None:
    if job.strategy is Strategy.UNCERTAINTY:
        known = np.full(count, NO_CLASS) if job.classes is None else job.classes
        labelled = known[known != NO_CLASS]
        classes = np.unique(labelled).size
        if classes < MINIMUM_CLASSES:
            raise TooFewClasses(
                f"The {labelled.size} labelled images with features hold {classes} classes, {MINIMUM_CLASSES} are "
                "needed; label images of another class, or pick without labels.",
                classes=str(classes),
                count=str(labelled.size),
            )
        count -= labelled.size
    if not 1 <= job.count <= count:
        raise CountOutOfRange(
            f"{job.count} images cannot be picked from {count}; ask for 1 to {count}.",
            count=str(job.count),
            maximum=str(count),
        )
