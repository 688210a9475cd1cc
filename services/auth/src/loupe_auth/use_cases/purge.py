"""Removes, every hour, what ran out long ago."""

from __future__ import annotations

import asyncio

import structlog

from loupe_auth.ports import Store
from loupe_kit.clock import Clock

EVERY_SECONDS = 3600.0

_log = structlog.get_logger("loupe.auth")


class Purge:
    """A background task.

    Args:
        store: what to clean.
        clock: decides what has run out.
        every_seconds: pause between two runs.
    """

    def __init__(self, store: Store, clock: Clock, every_seconds: float = EVERY_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._every = every_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts cleaning now and then."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stops at once; a run under way is undone."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                async with self._store() as tx:
                    await tx.purge(self._clock.now())
                    await tx.commit()
            except Exception:  # noqa: BLE001  a store that is away for a while must not end the cleaning
                _log.exception("purge_failed", again_in_s=self._every)
            await asyncio.sleep(self._every)
