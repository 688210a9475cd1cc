from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from loupe_kit import ids
from loupe_kit.errors import LoupeError
from loupe_reduction.domain.errors import (
    CountOutOfRange,
    FeaturesMissing,
    ParameterOutOfRange,
    TooFewClasses,
    TooFewPoints,
)
from loupe_reduction.domain.features import ImageIds
from loupe_reduction.domain.jobs import (
    NO_CLASS,
    DuplicateJob,
    FitJob,
    Job,
    OutlierJob,
    PlaceJob,
    Placement,
    Projection,
    Quality,
    SelectJob,
    Strategy,
)
from loupe_reduction.domain.progress import Phase, Progress
from loupe_reduction.domain.recipe import Method, Recipe, UmapParameters
from loupe_reduction.use_cases import run_job
from loupe_reduction.use_cases.run_job import Order, RunJob
from tests.unit.reduction.fakes import SOURCE, ImmediateWorkers, InMemoryFeatureReader, SpoolShelf, first_pick

IMAGES = [ids.new_id() for _ in range(12)]
FIT = FitJob(Recipe(Method.UMAP, 2, UmapParameters()))


def classes(*known: int) -> NDArray[np.int64]:
    """The classes of twelve images: those that are known, then none."""
    return np.asarray([*known, *[NO_CLASS] * (12 - len(known))])


class Bench:
    """The use case among fakes."""

    def __init__(self, workers: ImmediateWorkers | None = None, known: int = 12) -> None:
        self.workers = workers or ImmediateWorkers(first_pick())
        self.shelf = SpoolShelf()
        self.reader = InMemoryFeatureReader({image_id: np.ones(4, np.float32) for image_id in IMAGES[:known]})
        self.told: list[Progress] = []
        self.run_job = RunJob(self.reader, self.shelf, self.workers)

    async def run(self, job: Job, count: int = 12):  # type: ignore[no-untyped-def]
        order = Order(SOURCE, "users/ada", job)
        return await self.run_job(order, ImageIds(ids.pack_ids(IMAGES[:count])), self.told.append)


async def test_run_job__result_and_progress() -> None:
    bench = Bench(known=11)

    outcome = await bench.run(SelectJob(1))

    assert outcome.result == bench.workers.result
    assert (outcome.rows.size, outcome.skipped.tolist(), outcome.dimension) == (11, [11], 4)
    assert outcome.seconds >= 0
    assert bench.workers.requesters == ["users/ada"]
    assert bench.reader.asked == [SOURCE]
    assert [progress.phase for progress in bench.told[:2]] == [Phase.QUEUED, Phase.LOADING_FEATURES]
    assert bench.told[0].queue_position == 1
    fractions = [progress.fraction for progress in bench.told]
    assert fractions == sorted(fractions)


async def test_run_job__spool_and_place_are_given_back_after_an_error() -> None:
    bench = Bench(known=0)

    with pytest.raises(FeaturesMissing):
        await bench.run(FIT)

    assert bench.shelf.closed == len(bench.shelf.opened) == 1
    assert bench.workers.reserved == 0


async def test_run_job__cancelled() -> None:
    bench = Bench(ImmediateWorkers())
    task = asyncio.ensure_future(bench.run(FIT))
    await bench.workers.started.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert bench.workers.cancelled == 1
    assert bench.workers.reserved == 0
    assert bench.shelf.closed == 1


@pytest.mark.parametrize(
    ("job", "count", "error"),
    [
        (FIT, 9, TooFewPoints),
        (OutlierJob(), 9, TooFewPoints),
        (DuplicateJob(), 1, TooFewPoints),
        (SelectJob(1), 0, TooFewPoints),
        (SelectJob(13), 12, CountOutOfRange),
        (SelectJob(0), 12, CountOutOfRange),
        (OutlierJob(neighbours=0), 12, ParameterOutOfRange),
        (OutlierJob(reference=np.arange(12) < 9), 12, TooFewPoints),
        (SelectJob(1, Strategy.UNCERTAINTY), 12, TooFewClasses),
        (SelectJob(1, Strategy.UNCERTAINTY, classes=classes(1, 1, 1)), 12, TooFewClasses),
        (SelectJob(11, Strategy.UNCERTAINTY, classes=classes(0, 1)), 12, CountOutOfRange),
        (DuplicateJob(percentile=0.0), 12, ParameterOutOfRange),
        (DuplicateJob(percentile=51.0), 12, ParameterOutOfRange),
        (DuplicateJob(max_distance=-0.1), 12, ParameterOutOfRange),
        (FitJob(Recipe(Method.UMAP, 2, UmapParameters(neighbours=500))), 12, ParameterOutOfRange),
    ],
)
async def test_run_job__refused_before_anything_is_read(job: Job, count: int, error: type[LoupeError]) -> None:
    bench = Bench()

    with pytest.raises(error):
        await bench.run(job, count)

    assert bench.reader.asked == []


async def test_run_job__more_picks_than_images_with_features() -> None:
    bench = Bench(known=3)

    with pytest.raises(CountOutOfRange, match="5 images cannot be picked from 3"):
        await bench.run(SelectJob(5))


async def test_run_job__what_is_known_of_images_without_features_is_left_out() -> None:
    bench = Bench(known=11)

    await bench.run(SelectJob(2, Strategy.UNCERTAINTY, groups=np.arange(12), classes=classes(0, 1)))

    (job,) = bench.workers.jobs
    assert isinstance(job, SelectJob)
    assert job.groups is not None
    assert job.classes is not None
    assert job.groups.tolist() == list(range(11))
    assert job.classes.tolist() == classes(0, 1)[:11].tolist()


async def test_run_job__looks_at_some_of_many_before_all_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_job, "FIRST_LOOK_ABOVE", 11)
    some = [0, 1, 2, 4, 5, 6, 7, 8, 9, 11]
    coordinates = np.arange(20, dtype=np.float32).reshape(10, 2)
    quality = Quality(1.0, 1.0, 15, 10)
    bench = Bench(ImmediateWorkers(Projection(coordinates, FIT.recipe, quality, b"")))

    await bench.run(replace(FIT, early=np.asarray(some)))

    flat, fit = bench.workers.jobs
    assert isinstance(flat, FitJob)
    assert flat.recipe.method is Method.PCA
    assert isinstance(fit, FitJob)
    assert fit.early is not None
    assert fit.early.tolist() == some
    (picture,) = [one.picture for one in bench.told if one.picture is not None]
    assert picture.rows.tolist() == some
    assert picture.coordinates.tolist() == coordinates.tolist()
    assert bench.shelf.closed == 2


async def test_run_job__what_is_wrong_with_some_is_said_when_all_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_job, "FIRST_LOOK_ABOVE", 11)
    bench = Bench(known=11)

    await bench.run(replace(FIT, early=np.asarray([11])))

    assert [one.picture for one in bench.told if one.picture is not None] == []
    assert len(bench.workers.jobs) == 1


def test_early_points__some_of_many() -> None:
    assert run_job.early_points(5, 0, 1) is None
    few, some = run_job.early_points(5, 9, 1), run_job.early_points(1000, 9, 1)
    assert few is not None
    assert few.tolist() == [0, 1, 2, 3, 4]
    assert some is not None
    assert len(set(some.tolist())) == 9
    assert some.tolist() == sorted(some.tolist())


def test_fit_job__early_points_among_images_with_a_vector() -> None:
    job = replace(FIT, early=np.asarray([1, 4, 5])).of_rows(np.asarray([0, 1, 3, 5, 6]))

    assert job.early is not None
    assert job.early.tolist() == [1, 3]


async def test_run_job__placing_needs_one_image() -> None:
    bench = Bench(ImmediateWorkers(Placement(np.zeros((1, 2), np.float32))), known=1)

    outcome = await bench.run(PlaceJob(b"reducer"), count=1)

    assert outcome.rows.tolist() == [0]
