"""Work that a service does beside its calls, again and again with pauses."""

import asyncio
from abc import ABC, abstractmethod


class PeriodicTask(ABC):
    """A background task: a round of work at the start, and one after each pause, whatever goes wrong.

    Args:
        name: Of the task, as debuggers show it.
        pause_seconds: From the end of a round to the next one.
        failure_pause_seconds: The same after a round that failed; None: no different.
    """

    def __init__(self, name: str, pause_seconds: float, failure_pause_seconds: float | None = None) -> None:
        self._name = name
        self._pause_seconds = pause_seconds
        self._failure_pause_seconds = pause_seconds if failure_pause_seconds is None else failure_pause_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; the first round does not wait."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """End, in the middle of a round too; what it did not do is done after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @abstractmethod
    async def work(self) -> bool:
        """Do one round; True if the next one shall follow at once."""

    @abstractmethod
    def report(self, error: Exception) -> None:
        """Log that a round failed: called while the error is handled."""

    async def rest(self, seconds: float) -> None:
        """Wait between two rounds; shorter where somebody may say that there is work."""
        await asyncio.sleep(seconds)

    async def _run(self) -> None:
        while True:
            pause_seconds = self._pause_seconds
            try:
                if await self.work():
                    continue
            except Exception as error:  # noqa: BLE001 - a store that is away for a moment must not end the task
                self.report(error)
                pause_seconds = self._failure_pause_seconds
            await self.rest(pause_seconds)
