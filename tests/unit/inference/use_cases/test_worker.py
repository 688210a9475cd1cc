from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from loupe_inference.domain.analysis import Analysis, ClaimedTask, TaskResult
from loupe_inference.domain.errors import (
    ImageObjectMissing,
    ImageTooLarge,
    ImageUndecodable,
    ModelNotReady,
    ModelVersionNotFound,
    WorkerCrashed,
)
from loupe_inference.domain.features import FeatureKey
from loupe_inference.use_cases.finish_results import ResultFinisher
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.take_up_tasks import TaskReader
from loupe_inference.use_cases.worker import Worker, WorkerLimits
from loupe_kit import ids
from loupe_kit.errors import Internal, Unavailable
from loupe_kit.testing import InMemoryObjectStore
from tests.unit.inference.fake_registry import InMemoryModelRegistry
from tests.unit.inference.fakes import (
    BROKEN,
    KILLER,
    FakeBackend,
    FakeReporter,
    FakeTasks,
    InMemoryFeatureStore,
    catalogue,
    claimed,
)

LIMITS = WorkerLimits(
    batch_images=8,
    claim_wait=timedelta(0),
    extend_every=timedelta(milliseconds=10),
    model_retry=timedelta(milliseconds=1),
)


class Bench:
    """A worker with fakes around it."""

    def __init__(self, *batches: list[ClaimedTask], reporter: FakeReporter | None = None) -> None:
        self.objects = InMemoryObjectStore()
        self.tasks = FakeTasks(*batches)
        self.backend = FakeBackend()
        self.features = InMemoryFeatureStore()
        self.reporter = reporter or FakeReporter()
        delay = timedelta(milliseconds=1)
        self.worker = Worker(
            "tiny",
            CatalogueKeeper(InMemoryModelRegistry(), catalogue()),
            self.tasks,
            TaskReader(self.objects, batch_bytes=100, max_image_bytes=50),
            self.backend,
            ResultFinisher(self.features, self.reporter, first_delay=delay, longest_delay=delay),
            LIMITS,
        )

    async def store(self, item: ClaimedTask, data: bytes) -> None:
        await self.objects.put_bytes(item.task.object_key, data)

    async def run_until(self, done: Callable[[], bool]) -> None:
        running = asyncio.create_task(self.worker.run())
        try:
            async with asyncio.timeout(60):
                while not done():  # noqa: ASYNC110 - fakes tell nobody
                    await asyncio.sleep(0.001)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def run_until_acknowledged(self, count: int) -> dict[str, TaskResult]:
        await self.run_until(lambda: len(self.tasks.acknowledged) >= count)
        return {result.task.image_id: result for result in self.reporter.results}


async def test_worker__stores_reports_and_acknowledges() -> None:
    items = [claimed("1", attempt=3), claimed("2")]
    bench = Bench(items)
    for item in items:
        await bench.store(item, b"image")

    results = await bench.run_until_acknowledged(2)

    first = results[items[0].task.image_id]
    assert isinstance(first.outcome, Analysis)
    assert (first.version, first.task.attempt) == ("1", 3)
    stored = await bench.features.count(FeatureKey("tiny", "1"), ids.pack_ids([item.task.image_id for item in items]))
    assert stored == (2, 4)
    assert bench.reporter.calls == 1


async def test_worker__bad_images_fail_alone() -> None:
    names = ("good", "broken", "killer", "missing", "large")
    items = {name: claimed(name, size_bytes=51 if name == "large" else 6) for name in names}
    bench = Bench(list(items.values()))
    for name, data in {"good": b"image", "broken": BROKEN, "killer": KILLER}.items():
        await bench.store(items[name], data)

    results = await bench.run_until_acknowledged(5)

    outcomes = {name: type(results[item.task.image_id].outcome) for name, item in items.items()}
    assert outcomes == {
        "good": Analysis,
        "broken": ImageUndecodable,
        "killer": WorkerCrashed,
        "missing": ImageObjectMissing,
        "large": ImageTooLarge,
    }


async def test_worker__image_that_came_with_its_task_is_not_read() -> None:
    sent = replace(claimed("1"), content=b"image")
    stored = claimed("2")
    bench = Bench([sent, stored])
    await bench.store(stored, b"other")

    results = await bench.run_until_acknowledged(2)

    assert all(isinstance(result.outcome, Analysis) for result in results.values())
    assert bench.backend.batches == [[b"image", b"other"]]


async def test_worker__unknown_version() -> None:
    item = claimed("1", version="9")
    bench = Bench([item])
    await bench.store(item, b"image")

    results = await bench.run_until_acknowledged(1)

    assert isinstance(results[item.task.image_id].outcome, ModelVersionNotFound)


async def test_worker__task_that_came_twice_is_done_once_in_its_newest_attempt() -> None:
    old = claimed("1")
    new = ClaimedTask("2", replace(old.task, attempt=2))
    bench = Bench([new, old])
    await bench.store(old, b"image")

    await bench.run_until_acknowledged(2)

    assert [result.task.attempt for result in bench.reporter.results] == [2]
    assert bench.backend.batches == [[b"image"]]


async def test_worker__redelivered_task_is_reported_again() -> None:
    item = claimed("1")
    bench = Bench([item], [item])
    await bench.store(item, b"image")

    await bench.run_until_acknowledged(2)

    assert len(bench.reporter.results) == 2
    assert len(bench.features.vectors) == 1


async def test_worker__project_away_for_a_while() -> None:
    item = claimed("1")
    bench = Bench([item], reporter=FakeReporter(*[Unavailable("Away.") for _ in range(20)]))
    await bench.store(item, b"image")

    await bench.run_until_acknowledged(1)

    assert bench.reporter.calls == 21
    assert bench.backend.batches == [[b"image"]]


async def test_worker__report_that_is_never_taken_is_left_to_a_later_delivery() -> None:
    refused, taken = claimed("1"), claimed("2")
    bench = Bench([refused], [taken], reporter=FakeReporter(*[Internal("Broken.") for _ in range(5)]))
    for item in (refused, taken):
        await bench.store(item, b"image")

    await bench.run_until_acknowledged(1)

    assert bench.tasks.acknowledged == ["2"]


async def test_worker__waits_for_a_model_that_is_not_ready() -> None:
    item = claimed("1")
    bench = Bench([item])
    await bench.store(item, b"image")
    failures = [ModelNotReady("Loading.", model="tiny")] * 3

    def fail() -> None:
        if failures:
            raise failures.pop()

    bench.backend = FakeBackend(before=fail)
    bench.worker._backend = bench.backend

    results = await bench.run_until_acknowledged(1)

    assert isinstance(results[item.task.image_id].outcome, Analysis)


async def test_worker__keeps_its_claims() -> None:
    item = claimed("1")
    bench = Bench([item], reporter=FakeReporter(*[Unavailable("Away.") for _ in range(10_000)]))
    await bench.store(item, b"image")

    await bench.run_until(lambda: bool(bench.tasks.extended))

    assert set(bench.tasks.extended) == {"1"}
    assert bench.tasks.acknowledged == []


async def test_worker__batch_of_many_bytes_is_split() -> None:
    items = [claimed(str(number), size_bytes=45) for number in range(5)]
    bench = Bench(items)
    for item in items:
        await bench.store(item, b"image")

    await bench.run_until_acknowledged(5)

    assert [len(batch) for batch in bench.backend.batches] == [2, 2, 1]


async def test_worker__store_that_does_not_answer_leaves_the_task() -> None:
    item, good = claimed("1"), claimed("2")
    bench = Bench([item, good])
    await bench.store(good, b"image")
    read = bench.objects.read

    async def failing(key: str) -> bytes:
        if key == item.task.object_key:
            raise ConnectionError
        return await read(key)

    bench.objects.read = failing  # type: ignore[method-assign]

    await bench.run_until_acknowledged(1)

    assert bench.tasks.acknowledged == ["2"]
    assert [result.task.image_id for result in bench.reporter.results] == [good.task.image_id]
