"""Forgetting what was changed of images so long ago that nobody will ask or undo it."""

from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_kit.periodic import PeriodicTask
from loupe_project.ports.store import StoreFactory

_log = structlog.get_logger("loupe.project.history")

PAUSE = timedelta(hours=1)
_PIECE = 2_000
"""Images a transaction."""


class HistoryForgetter(PeriodicTask):
    """Background task of the project service.

    Args:
        stores: Makes transactions.
        clock: Tells the age of changes.
        lifetime: How long they are kept.
    """

    def __init__(self, stores: StoreFactory, clock: Clock, lifetime: timedelta) -> None:
        super().__init__("history-forgetter", PAUSE.total_seconds())
        self._stores = stores
        self._clock = clock
        self._lifetime = lifetime

    async def forget(self) -> None:
        """Forget what is too old, piece by piece."""
        count = 1
        while count:
            async with self._stores() as store:
                count = await store.history.forget(self._clock.now() - self._lifetime, _PIECE)
                await store.commit()

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        await self.forget()
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("history_not_forgotten", exc_info=error)
