"""Background task that counts once a day what saved searches find."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog

from loupe_kit.clock import Clock
from loupe_kit.errors import LoupeError
from loupe_kit.periodic import PeriodicTask
from loupe_project.domain.saved_search import KEPT_DAYS, DailyCount, SavedSearch
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.search_images import read_query

_log = structlog.get_logger("loupe.project.saved_searches")

INTERVAL_SECONDS = 600.0
_PAGE = 100


class SavedSearchCounter(PeriodicTask):
    """Looks for saved searches that are not counted today, at the start and every ten minutes.

    Several replicas may do so at once: the first count of a day stays.

    Args:
        stores: Makes transactions.
        clock: Says which day it is.
        interval_seconds: How often it looks.
    """

    def __init__(self, stores: StoreFactory, clock: Clock, interval_seconds: float = INTERVAL_SECONDS) -> None:
        super().__init__("saved-search-counter", interval_seconds)
        self._stores = stores
        self._clock = clock

    async def count_all(self) -> int:
        """Count what is not counted today and forget what is too old; how many were counted."""
        done, after = 0, ""
        while True:
            async with self._stores(read_only=True) as store:
                some = await store.saved_searches.list_to_count(after=after, limit=_PAGE)
            for one in some:
                done += await self._count(one.search, one.last_day)
            if len(some) < _PAGE:
                break
            after = some[-1].search.id
        async with self._stores() as store:
            await store.saved_searches.forget_counts(self._clock.now().date() - timedelta(days=KEPT_DAYS))
            await store.commit()
        return done

    async def _count(self, search: SavedSearch, last_day: date | None) -> bool:
        scope = Scope.of_loupe()
        async with self._stores() as store:
            project = await store.projects.get(scope, search.project_id)
            if project is None:
                return False
            today = self._clock.now().astimezone(ZoneInfo(project.time_zone)).date()
            if last_day is not None and last_day >= today:
                return False
            try:
                node = read_query(search.query, project, self._clock)
            except LoupeError as error:
                _log.warning("saved_search_not_counted", saved_search=search.id, reason=error.reason)
                return False
            count = await store.search.count(scope, project.id, node)
            await store.saved_searches.put_count(search.id, DailyCount(today, count))
            await store.commit()
        return True

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        count = await self.count_all()
        if count:
            _log.info("saved_searches_counted", count=count)
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("saved_searches_not_counted", exc_info=error)
