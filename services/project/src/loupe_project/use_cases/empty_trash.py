"""Background task that purges images whose time in the trash is over."""

from collections import defaultdict
from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_kit.periodic import PeriodicTask
from loupe_project.ports.store import StoreFactory
from loupe_project.ports.work import WorkSignal

_log = structlog.get_logger("loupe.project.trash")

INTERVAL_SECONDS = 600.0
_PIECE = 200
"""Images a transaction, as when people delete them."""


class TrashEmptier(PeriodicTask):
    """Looks for images whose time is over, at the start and every ten minutes.

    Args:
        stores: Makes transactions.
        removals: Rung when bytes and features wait for their end.
        clock: Says what is over.
        lifetime: How long images can be restored.
        interval_seconds: How often it looks.
    """

    def __init__(
        self,
        stores: StoreFactory,
        removals: WorkSignal,
        clock: Clock,
        lifetime: timedelta,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        super().__init__("trash-emptier", interval_seconds)
        self._stores = stores
        self._removals = removals
        self._clock = clock
        self._lifetime = lifetime

    async def empty(self) -> int:
        """Purge all whose time is over; how many there were."""
        count = 0
        while purged := await self._purge_some():
            count += purged
        return count

    async def _purge_some(self) -> int:
        now = self._clock.now()
        count = 0
        async with self._stores() as store:
            by_project: dict[str, list[str]] = defaultdict(list)
            for project_id, image_id in await store.trash.overdue(now - self._lifetime, _PIECE):
                by_project[project_id].append(image_id)
            for project_id, image_ids in sorted(by_project.items()):
                count += await store.trash.purge(project_id, image_ids, now)
            await store.commit()
        if count:
            self._removals.ring()
        return count

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        count = await self.empty()
        if count:
            _log.info("trash_emptied", count=count)
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("trash_not_emptied", exc_info=error)
