"""Keeps the service's endless tasks running."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

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
        self._tasks = [asyncio.create_task(self._keep_running(job)) for job in self._jobs]

    async def stop(self) -> None:
        """Cancel all jobs and wait for their ends."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _keep_running(self, job: Job) -> None:
        while True:
            try:
                await job()
            except Exception:  # noqa: BLE001 - a fault of one job must not stop the service
                _log.exception("job_failed")
            else:
                return
            await asyncio.sleep(self._restart_seconds)
