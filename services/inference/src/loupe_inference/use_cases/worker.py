"""The worker of one model: from the queue to a reported result.

Three stages run beside each other, with short queues between them, so that reading the next batch and reporting the
last one cost no computing time: take up → compute → finish. A full queue stops the stage before it, so a project
service that does not answer stops the intake and nothing piles up.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from loupe_inference import metrics
from loupe_inference.domain.analysis import TaskResult
from loupe_inference.ports import ModelBackend, TaskSource
from loupe_inference.use_cases.compute_tasks import compute_tasks
from loupe_inference.use_cases.finish_results import ResultFinisher
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.take_up_tasks import TakenBatch, TaskReader
from loupe_kit.errors import LoupeError


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How much a worker does at a time, and how long it waits."""

    batch_images: int = 256
    """Images in one batch at most."""
    claim_wait: timedelta = timedelta(seconds=5)
    """How long one look into the queue waits for work."""
    extend_every: timedelta = timedelta(seconds=15)
    """How often claims are renewed; well below the queue's lease."""
    model_retry: timedelta = timedelta(seconds=5)
    """Between tries while the model cannot be loaded."""


class Worker:
    """Analyses the tasks of one model, for ever.

    Args:
        model: Id of the model.
        keeper: Finds the version that a task wants.
        tasks: Where orders come from.
        reader: Reads the images of a batch.
        backend: Computes.
        finisher: Stores and reports.
        limits: How much at a time.
    """

    def __init__(
        self,
        model: str,
        keeper: CatalogueKeeper,
        tasks: TaskSource,
        reader: TaskReader,
        backend: ModelBackend,
        finisher: ResultFinisher,
        limits: WorkerLimits,
    ) -> None:
        self._model = model
        self._keeper = keeper
        self._tasks = tasks
        self._reader = reader
        self._backend = backend
        self._finisher = finisher
        self._limits = limits
        self._held: set[str] = set()
        self._to_compute: asyncio.Queue[TakenBatch] = asyncio.Queue(1)
        self._to_finish: asyncio.Queue[tuple[TakenBatch, list[TaskResult]]] = asyncio.Queue(2)

    async def run(self) -> None:
        """Work until cancelled. Claims that are held then run out and come to another worker."""
        async with asyncio.TaskGroup() as stages:
            for stage in (self._take_up, self._compute, self._finish, self._keep_claims):
                stages.create_task(stage(), name=f"{stage.__name__}:{self._model}")

    async def _take_up(self) -> None:
        while True:
            claimed = await self._tasks.claim(self._model, self._limits.batch_images, self._limits.claim_wait)
            self._held.update(item.delivery_id for item in claimed)
            for group in self._reader.split(claimed):
                batch = await self._reader.read(group)
                self._held.difference_update({item.delivery_id for item in group} - set(batch.delivery_ids))
                await self._to_compute.put(batch)

    async def _compute(self) -> None:
        while True:
            batch = await self._to_compute.get()
            with metrics.BATCH_SECONDS.labels(self._model).time():
                results = await compute_tasks(self._keeper, self._backend, batch.tasks, self._limits.model_retry)
            await self._to_finish.put((batch, results))

    async def _finish(self) -> None:
        while True:
            batch, results = await self._to_finish.get()
            if not results or await self._finisher.finish(results):
                await self._tasks.acknowledge(self._model, batch.delivery_ids)
                self._count(results)
            self._held.difference_update(batch.delivery_ids)

    def _count(self, results: list[TaskResult]) -> None:
        for result in results:
            outcome = result.outcome.reason if isinstance(result.outcome, LoupeError) else "OK"
            metrics.IMAGES_TOTAL.labels(self._model, outcome).inc()

    async def _keep_claims(self) -> None:
        while True:
            await asyncio.sleep(self._limits.extend_every.total_seconds())
            if self._held:
                await self._tasks.extend(self._model, sorted(self._held))
