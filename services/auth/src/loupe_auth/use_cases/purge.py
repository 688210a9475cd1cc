"""Removes, every hour, what ran out long ago."""

from __future__ import annotations

import structlog

from loupe_auth.ports import Store
from loupe_kit.clock import Clock
from loupe_kit.periodic import PeriodicTask

EVERY_SECONDS = 3600.0

_log = structlog.get_logger("loupe.auth")


class Purge(PeriodicTask):
    """A background task.

    Args:
        store: what to clean.
        clock: decides what has run out.
        every_seconds: pause between two runs.
    """

    def __init__(self, store: Store, clock: Clock, every_seconds: float = EVERY_SECONDS) -> None:
        super().__init__("purge", every_seconds)
        self._store = store
        self._clock = clock
        self._every = every_seconds

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        async with self._store() as tx:
            await tx.purge(self._clock.now())
            await tx.commit()
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("purge_failed", again_in_s=self._every, exc_info=error)
