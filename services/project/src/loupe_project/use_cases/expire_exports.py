"""Background task that deletes exports whose time is over."""

import asyncio

import structlog

from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.exports import expire

_log = structlog.get_logger("loupe.project.exports")

INTERVAL_SECONDS = 600.0


class ExportSweeper:
    """Looks for exports whose time is over, at the start and every ten minutes.

    Args:
        stores: Makes transactions.
        objects: Where the files are.
        clock: Says what is over.
        interval_seconds: How often it looks.
    """

    def __init__(
        self, stores: StoreFactory, objects: ObjectStore, clock: Clock, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self._stores = stores
        self._objects = objects
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="export-sweeper")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                count = await expire(self._stores, self._objects, self._clock.now())
                if count:
                    _log.info("exports_expired", count=count)
            except Exception:  # noqa: BLE001 - a store that is away for a moment must not end the sweeper
                _log.exception("exports_not_swept")
            await asyncio.sleep(self._interval_seconds)
