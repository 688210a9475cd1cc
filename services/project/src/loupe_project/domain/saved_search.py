"""Searches under a name."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from loupe_project.domain.search import Order

MAX_NAME = 100
MAX_PER_CREATOR = 200
"""Saved searches of one creator in one project."""
KEPT_DAYS = 400
"""Days of history."""


class SearchVisibility(StrEnum):
    """Who may see a saved search."""

    PRIVATE = "PRIVATE"
    SHARED = "SHARED"


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search under a name."""

    id: str
    project_id: str
    display_name: str
    query: str
    order: Order
    visibility: SearchVisibility
    creator: str
    """`users/…` or `apiKeys/…`."""
    create_time: datetime
    update_time: datetime
    look_time: datetime | None = None
    """When the caller looked last; None: never."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/savedSearches/{self.id}"


@dataclass(frozen=True, slots=True)
class SearchNumbers:
    """What a saved search finds for somebody."""

    matches: int
    """Images that match now."""
    new: int
    """Those of them that were uploaded or changed since he looked last."""
    new_query: str
    """A query for these."""


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How many images matched on one day."""

    day: date
    """In the project's time zone."""
    count: int


@dataclass(frozen=True, slots=True)
class SearchToCount:
    """A saved search and how far its history goes."""

    search: SavedSearch
    last_day: date | None
    """None: nothing is counted yet."""
