"""Keeps the service's endless tasks running."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from loupe_inference.domain.catalogue import Catalogue

Job = Callable[[], Awaitable[None]]

_log = structlog.get_logger("loupe.inference.background")


class Background:
    """Runs jobs beside the server; one that fails is logged and begun again.

    Args:
        jobs: Each runs until it returns or `stop`.
        restart_after: Between a failure and the next beginning.
    """

    def __init__(self, jobs: Sequence[Job], restart_after: timedelta = timedelta(seconds=1)) -> None:
        self._jobs = tuple(jobs)
        self._restart_seconds = restart_after.total_seconds()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin all jobs."""
        self._tasks = [asyncio.create_task(keep_running(job, self._restart_seconds)) for job in self._jobs]

    async def stop(self) -> None:
        """Cancel all jobs and wait for their ends."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            # Not one by one with the cancellation suppressed: that would swallow one of the caller's own.
            await asyncio.wait(tasks)


async def keep_running(job: Job, restart_seconds: float) -> None:
    """Run a job until it returns; one that fails is logged and begun again."""
    while True:
        try:
            await job()
        except Exception:  # noqa: BLE001 - a fault of one job must not stop the service
            _log.exception("job_failed")
        else:
            return
        await asyncio.sleep(restart_seconds)


class Crew:
    """Has a worker for each model of the catalogue, whenever it comes.

    Args:
        catalogue: The models.
        job_of: Makes what works for the model of an id.
        look: Between two looks into the catalogue.
    """

    def __init__(
        self, catalogue: Catalogue, job_of: Callable[[str], Job], look: timedelta = timedelta(seconds=1)
    ) -> None:
        self._catalogue = catalogue
        self._job_of = job_of
        self._look_seconds = look.total_seconds()
        self._workers: dict[str, Background] = {}

    async def run(self) -> None:
        """Hire and dismiss until cancelled; then no worker is left."""
        try:
            while True:
                wanted = {spec.id for spec in self._catalogue.all()}
                for model in wanted - self._workers.keys():
                    self._workers[model] = Background([self._job_of(model)])
                    await self._workers[model].start()
                for model in self._workers.keys() - wanted:
                    await self._workers.pop(model).stop()
                await asyncio.sleep(self._look_seconds)
        finally:
            while self._workers:
                await self._workers.popitem()[1].stop()
