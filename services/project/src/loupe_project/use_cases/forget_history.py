"""Forgetting what was changed of images so long ago that nobody will ask or undo it."""

import asyncio
from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_project.ports.store import StoreFactory

_log = structlog.get_logger("loupe.project.history")

PAUSE = timedelta(hours=1)
_PIECE = 2_000
"""Images a transaction."""


class HistoryForgetter:
    """Background task of the project service.

    Args:
        stores: Makes transactions.
        clock: Tells the age of changes.
        lifetime: How long they are kept.
    """

    def __init__(self, stores: StoreFactory, clock: Clock, lifetime: timedelta) -> None:
        self._stores = stores
        self._clock = clock
        self._lifetime = lifetime
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._forget_forever(), name="history-forgetter")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def forget(self) -> None:
        """Forget what is too old, piece by piece."""
        count = 1
        while count:
            async with self._stores() as store:
                count = await store.history.forget(self._clock.now() - self._lifetime, _PIECE)
                await store.commit()

    async def _forget_forever(self) -> None:
        while True:
            try:
                await self.forget()
            except Exception:  # noqa: BLE001 - a database that is away for a moment must not end the task
                _log.exception("history_not_forgotten")
            await asyncio.sleep(PAUSE.total_seconds())
