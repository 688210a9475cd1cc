"""Saved searches in the store. What a scope may not see is not there."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from loupe_project.domain.saved_search import DailyCount, SavedSearch, SearchToCount
from loupe_project.domain.scope import Scope


class SavedSearchRepository(Protocol):
    """Searches under a name, who looked at them when, and what they found day by day."""

    async def get(self, scope: Scope, project_id: str, search_id: str) -> SavedSearch | None:
        """One that is shared, or the caller's own, with his last look."""
        ...

    async def list_by_name(
        self, scope: Scope, project_id: str, *, after: tuple[str, str] | None, limit: int
    ) -> list[SavedSearch]:
        """Those that are shared and the caller's own, after the one with this folded name and id."""
        ...

    async def count_of(self, project_id: str, creator: str) -> int:
        """How many somebody has in a project."""
        ...

    async def add(self, search: SavedSearch) -> None:
        """Write a new one."""
        ...

    async def save(self, search: SavedSearch, *, forget_history: bool) -> None:
        """Write all that may change.

        Args:
            search: As it is now.
            forget_history: Whether what was counted is of no use any more.
        """
        ...

    async def delete(self, search_id: str) -> None:
        """Delete it with its history."""
        ...

    async def looked(self, search_id: str, principal: str, time: datetime) -> None:
        """Somebody looked at what it finds."""
        ...

    async def counts(self, search_id: str, *, before: date | None, limit: int) -> Sequence[DailyCount]:
        """Its history, newest first, from before a day; None: from the newest."""
        ...

    async def list_to_count(self, *, after: str, limit: int) -> list[SearchToCount]:
        """Saved searches of all projects by id, after the one with the id `after`, to be counted by Loupe itself."""
        ...

    async def put_count(self, search_id: str, count: DailyCount) -> None:
        """Write what was found on a day; the first one of a day stays."""
        ...

    async def forget_counts(self, before: date) -> None:
        """Forget what was counted before a day."""
        ...
