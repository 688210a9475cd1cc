"""The relay: hands promised analyses from SQL to the job queue, oldest first, never more than the queue should hold.

A job stays in SQL until its result comes, so nothing is lost when the queue forgets: what was published longer than a
lease ago is published again. Results are fenced by attempt, so a job that is done twice counts once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_kit.periodic import PeriodicTask
from loupe_kit.queue import JobQueue
from loupe_project.domain.job import Job
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.signal import Bell

_log = structlog.get_logger("loupe.project.relay")

_LOOKS_WHEN_FULL = 5
"""After so many looks at full streams, jobs of other models get their turn."""


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """How the relay works."""

    depth: int = 512
    """Most jobs of one model in the queue."""
    batch: int = 256
    """Most jobs a transaction."""
    lease: timedelta = timedelta(minutes=15)
    """Jobs without a result for so long are published again."""
    poll: timedelta = timedelta(seconds=1)
    """How often it looks without being rung."""
    full_pause: timedelta = timedelta(milliseconds=100)
    """How often it looks at the queue when a stream is full."""
    forget_at_start: bool = False
    """Whether the queue keeps nothing over a restart, so that all jobs are published again."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one round of the relay did."""

    count: int
    """Jobs that were published."""
    is_full: bool
    """Whether a stream had no room."""


class JobRelay(PeriodicTask):
    """Background task of the project service.

    Args:
        stores: Makes transactions.
        queue: Where jobs go.
        encode: A job as the queue carries it.
        bell: Rung when jobs were written.
        clock: Measures leases.
        options: How it works.
    """

    def __init__(
        self,
        stores: StoreFactory,
        queue: JobQueue,
        encode: Callable[[Job], bytes],
        bell: Bell,
        clock: Clock,
        options: RelayOptions | None = None,
    ) -> None:
        self._stores = stores
        self._queue = queue
        self._encode = encode
        self._bell = bell
        self._clock = clock
        self._options = options or RelayOptions()
        super().__init__("job-relay", self._options.poll.total_seconds())
        self._full: list[str] = []

    async def start(self) -> None:
        """Begin to relay."""
        if self._options.forget_at_start:
            async with self._stores() as store:
                await store.jobs.unpublish_all()
                await store.commit()
        await super().start()

    async def relay_once(self) -> Relayed:
        """Publish one batch for each model that has jobs and whose stream has room."""
        before = self._clock.now() - self._options.lease
        async with self._stores(read_only=True) as store:
            models = [model for model in await store.jobs.models() if await store.jobs.has_unpublished(model, before)]
        count = 0
        self._full = []
        for model in models:
            room = self._options.depth - await self._queue.depth(stream_of(model))
            if room <= 0:
                self._full.append(stream_of(model))
                continue
            jobs = await self._take(model, min(room, self._options.batch))
            await self._publish(model, jobs)
            count += len(jobs)
        return Relayed(count, bool(self._full))

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        relayed = await self.relay_once()
        if relayed.is_full and not relayed.count:
            await self._wait_for_room()
        return relayed.is_full or relayed.count > 0

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("relay_failed", exc_info=error)

    async def rest(self, seconds: float) -> None:
        """See `PeriodicTask`."""
        await self._bell.wait(seconds)

    async def _wait_for_room(self) -> None:
        """Until full streams have room worth a transaction, or it is time to look after the other models.

        A flood of images rings the bell with every group that is written; nothing is asked of SQL for that.
        """
        enough = max(1, min(self._options.batch, self._options.depth) // 2)
        for _ in range(_LOOKS_WHEN_FULL):
            await asyncio.sleep(self._options.full_pause.total_seconds())
            depths = [await self._queue.depth(stream) for stream in self._full]
            if any(self._options.depth - depth >= enough for depth in depths):
                return

    async def _take(self, model: str, limit: int) -> list[Job]:
        now = self._clock.now()
        async with self._stores() as store:
            jobs = await store.jobs.take_unpublished(model, limit, now, now - self._options.lease)
            await store.commit()
        return jobs

    async def _publish(self, model: str, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        try:
            await self._queue.publish(stream_of(model), [self._encode(job) for job in jobs])
        except BaseException:
            # Also when the task is cancelled in the middle: the jobs must not wait for their lease.
            await asyncio.shield(self._unpublish([job.id for job in jobs]))
            raise

    async def _unpublish(self, job_ids: Sequence[str]) -> None:
        async with self._stores() as store:
            await store.jobs.unpublish(job_ids)
            await store.commit()


def stream_of(model: str) -> str:
    """Name of the queue's stream for a model."""
    return f"analysis.{model}"
