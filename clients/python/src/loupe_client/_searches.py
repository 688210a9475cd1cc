"""Searches under a name, and what they find as time goes by."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import uuid4

from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import saved_search_service_pb2 as pb
from loupe.project.v1 import saved_search_service_pb2_grpc as pb_grpc
from loupe_client._paging import pages
from loupe_client._transport import Transport

_PAGE = 200
_PAGE_WITH_NUMBERS = 100


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search under a name."""

    name: str
    """`projects/{project}/savedSearches/{saved_search}`."""
    display_name: str
    query: str
    is_shared: bool
    """Whether everybody who may see the project sees it."""
    creator: str
    match_count: int | None
    """Images that match; None where numbers were not asked for."""
    new_count: int | None
    """Those of them that were uploaded or changed since you looked last."""
    new_query: str
    """A query for the images of `new_count`."""
    look_time: datetime | None
    """When you looked last; None: never. From `open`: the look before."""


class SavedSearches:
    """Saved searches of projects."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.SavedSearchServiceStub(transport.channel)

    def list(self, project: str, *, with_numbers: bool = False) -> Iterator[SavedSearch]:
        """Yields your saved searches and those that are shared, by display name.

        Args:
            project: `projects/{project}`.
            with_numbers: Whether to count what each finds; takes as long as so many searches.
        """
        size = _PAGE_WITH_NUMBERS if with_numbers else _PAGE
        request = pb.ListSavedSearchesRequest(parent=project, page_size=size, with_numbers=with_numbers)
        for answer in pages(self._transport, self._stub.ListSavedSearches, request):
            yield from map(_search, answer.saved_searches)

    def get(self, name: str) -> SavedSearch:
        """Returns one with its numbers; what is new stays new."""
        return _search(self._transport.unary(self._stub.GetSavedSearch, pb.GetSavedSearchRequest(name=name)))

    def open(self, name: str) -> SavedSearch:
        """Returns one with its numbers up to now; from now on you have seen what it finds."""
        request = pb.OpenSavedSearchRequest(name=name, request_id=str(uuid4()))
        return _search(self._transport.unary(self._stub.OpenSavedSearch, request))

    def save(self, project: str, display_name: str, query: str = "", *, shared: bool = False) -> SavedSearch:
        """Saves a search. Sharing needs an editor.

        Raises:
            InvalidRequest: the query cannot be read; `metadata["position"]` says where.
        """
        request = pb.CreateSavedSearchRequest(
            parent=project,
            saved_search=pb.SavedSearch(display_name=display_name, query=query, visibility=_visibility(shared)),
            request_id=str(uuid4()),
        )
        return _search(self._transport.unary(self._stub.CreateSavedSearch, request))

    def update(
        self, name: str, *, display_name: str | None = None, query: str | None = None, shared: bool | None = None
    ) -> SavedSearch:
        """Changes what is given. A new query begins a new history."""
        changed = pb.SavedSearch(name=name, display_name=display_name or "", query=query or "")
        changed.visibility = _visibility(bool(shared))
        given = {"display_name": display_name, "query": query, "visibility": shared}
        mask = FieldMask(paths=[path for path, value in given.items() if value is not None])
        request = pb.UpdateSavedSearchRequest(saved_search=changed, update_mask=mask, request_id=str(uuid4()))
        return _search(self._transport.unary(self._stub.UpdateSavedSearch, request))

    def delete(self, name: str) -> None:
        """Deletes a saved search, not the images."""
        request = pb.DeleteSavedSearchRequest(name=name, request_id=str(uuid4()))
        self._transport.unary(self._stub.DeleteSavedSearch, request)

    def history(self, name: str) -> Iterator[tuple[date, int]]:
        """Yields how many images matched on each day, newest first; nothing if images are hidden from you."""
        request = pb.ListSavedSearchCountsRequest(parent=name, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListSavedSearchCounts, request):
            yield from ((date.fromisoformat(one.date), one.count) for one in answer.counts)


def _visibility(is_shared: bool) -> pb.SavedSearch.Visibility.ValueType:
    return pb.SavedSearch.VISIBILITY_SHARED if is_shared else pb.SavedSearch.VISIBILITY_PRIVATE


def _search(message: pb.SavedSearch) -> SavedSearch:
    return SavedSearch(
        name=message.name,
        display_name=message.display_name,
        query=message.query,
        is_shared=message.visibility == pb.SavedSearch.VISIBILITY_SHARED,
        creator=message.creator,
        match_count=message.match_count if message.HasField("match_count") else None,
        new_count=message.new_count if message.HasField("new_count") else None,
        new_query=message.new_query,
        look_time=message.look_time.ToDatetime(tzinfo=UTC) if message.HasField("look_time") else None,
    )
