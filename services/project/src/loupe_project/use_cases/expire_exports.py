"""Background task that deletes exports whose time is over."""

import structlog

from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_kit.periodic import PeriodicTask
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.exports import expire

_log = structlog.get_logger("loupe.project.exports")

INTERVAL_SECONDS = 600.0


class ExportSweeper(PeriodicTask):
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
        super().__init__("export-sweeper", interval_seconds)
        self._stores = stores
        self._objects = objects
        self._clock = clock

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        count = await expire(self._stores, self._objects, self._clock.now())
        if count:
            _log.info("exports_expired", count=count)
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("exports_not_swept", exc_info=error)
