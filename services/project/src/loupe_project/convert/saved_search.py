"""Saved searches as messages."""

from collections.abc import Collection

from loupe.project.v1 import saved_search_service_pb2 as pb
from loupe_project.convert import search as convert_search
from loupe_project.convert.values import timestamp
from loupe_project.domain.saved_search import DailyCount, SavedSearch, SearchNumbers, SearchVisibility
from loupe_project.use_cases.saved_searches import SearchWish

FIELDS = ("display_name", "query", "order", "visibility")
"""What can be changed."""
_VISIBILITIES = {
    SearchVisibility.PRIVATE: pb.SavedSearch.VISIBILITY_PRIVATE,
    SearchVisibility.SHARED: pb.SavedSearch.VISIBILITY_SHARED,
}


def to_message(search: SavedSearch, numbers: SearchNumbers | None = None) -> pb.SavedSearch:
    """A saved search, with its numbers where they are known."""
    message = pb.SavedSearch(
        name=search.name,
        display_name=search.display_name,
        query=search.query,
        order=convert_search.order_to_message(search.order),
        visibility=_VISIBILITIES[search.visibility],
        creator=search.creator,
        create_time=timestamp(search.create_time),
        update_time=timestamp(search.update_time),
        look_time=timestamp(search.look_time),
    )
    if numbers is not None:
        message.match_count = numbers.matches
        message.new_count = numbers.new
        message.new_query = numbers.new_query
    return message


def wish_of(message: pb.SavedSearch, paths: Collection[str] = FIELDS) -> SearchWish:
    """What a saved search shall be.

    Args:
        message: As it was sent.
        paths: What of it counts.
    """
    is_shared = message.visibility == pb.SavedSearch.VISIBILITY_SHARED
    visibility = SearchVisibility.SHARED if is_shared else SearchVisibility.PRIVATE
    return SearchWish(
        display_name=message.display_name if "display_name" in paths else None,
        query=message.query if "query" in paths else None,
        order=convert_search.order_of(message.order) if "order" in paths else None,
        visibility=visibility if "visibility" in paths else None,
    )


def count_to_message(count: DailyCount) -> pb.ListSavedSearchCountsResponse.DailyCount:
    """How many images matched on one day."""
    return pb.ListSavedSearchCountsResponse.DailyCount(date=count.day.isoformat(), count=count.count)
