"""SavedSearchService: searches under a name."""

from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import saved_search_service_pb2 as pb
from loupe.project.v1 import saved_search_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import saved_search as convert
from loupe_project.convert.values import mask_paths
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import saved_searches
from loupe_project.use_cases.look_at_saved_search import numbers_of, open_saved_search

_SERVICE = "/loupe.project.v1.SavedSearchService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "GetSavedSearch",
        "ListSavedSearches",
        "CreateSavedSearch",
        "UpdateSavedSearch",
        "DeleteSavedSearch",
        "OpenSavedSearch",
        "ListSavedSearchCounts",
    )
}

_NAME = "projects/{project}/savedSearches/{saved_search}"
_PROJECT = "projects/{project}"
_PAGE_WITH_NUMBERS = 100
_Context = grpc.aio.ServicerContext[Any, Any]


class SavedSearchServicer(pb_grpc.SavedSearchServiceServicer):
    """Serves `loupe.project.v1.SavedSearchService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def GetSavedSearch(self, request: pb.GetSavedSearchRequest, context: _Context) -> pb.SavedSearch:
        project_id, search_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.SavedSearch:
            project, search = await saved_searches.get_saved_search(store, scope, project_id, search_id)
            return convert.to_message(search, await numbers_of(store, scope, project, search, self._calls.clock))

        return await self._calls.read(work)

    async def ListSavedSearches(
        self, request: pb.ListSavedSearchesRequest, context: _Context
    ) -> pb.ListSavedSearchesResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        size = min(request.page_size, _PAGE_WITH_NUMBERS) if request.with_numbers else request.page_size

        async def work(store: Store, scope: Scope) -> pb.ListSavedSearchesResponse:
            project, found, token = await saved_searches.list_saved_searches(
                store, scope, project_id, size, request.page_token
            )
            response = pb.ListSavedSearchesResponse(next_page_token=token)
            for one in found:
                numbers = None
                if request.with_numbers:
                    numbers = await numbers_of(store, scope, project, one, self._calls.clock)
                response.saved_searches.append(convert.to_message(one, numbers))
            return response

        return await self._calls.read(work)

    async def CreateSavedSearch(self, request: pb.CreateSavedSearchRequest, context: _Context) -> pb.SavedSearch:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        wish, clock = convert.wish_of(request.saved_search), self._calls.clock

        async def work(store: Store, scope: Scope) -> pb.SavedSearch:
            _, search = await saved_searches.create_saved_search(store, scope, project_id, wish, clock)
            return convert.to_message(search)

        return await self._calls.write(f"{_SERVICE}/CreateSavedSearch", request, pb.SavedSearch, work)

    async def UpdateSavedSearch(self, request: pb.UpdateSavedSearchRequest, context: _Context) -> pb.SavedSearch:
        project_id, search_id = names.split(_NAME, request.saved_search.name, "saved_search.name")
        wish = convert.wish_of(request.saved_search, mask_paths(request.update_mask, convert.FIELDS))
        clock = self._calls.clock

        async def work(store: Store, scope: Scope) -> pb.SavedSearch:
            _, search = await saved_searches.update_saved_search(store, scope, project_id, search_id, wish, clock)
            return convert.to_message(search)

        return await self._calls.write(f"{_SERVICE}/UpdateSavedSearch", request, pb.SavedSearch, work)

    async def DeleteSavedSearch(self, request: pb.DeleteSavedSearchRequest, context: _Context) -> Empty:
        project_id, search_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> Empty:
            await saved_searches.delete_saved_search(store, scope, project_id, search_id)
            return Empty()

        return await self._calls.write(f"{_SERVICE}/DeleteSavedSearch", request, Empty, work)

    async def OpenSavedSearch(self, request: pb.OpenSavedSearchRequest, context: _Context) -> pb.SavedSearch:
        project_id, search_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.SavedSearch:
            return convert.to_message(*await open_saved_search(store, scope, project_id, search_id, self._calls.clock))

        return await self._calls.write(f"{_SERVICE}/OpenSavedSearch", request, pb.SavedSearch, work)

    async def ListSavedSearchCounts(
        self, request: pb.ListSavedSearchCountsRequest, context: _Context
    ) -> pb.ListSavedSearchCountsResponse:
        project_id, search_id = names.split(_NAME, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListSavedSearchCountsResponse:
            found, token = await saved_searches.list_counts(
                store, scope, project_id, search_id, request.page_size, request.page_token
            )
            return pb.ListSavedSearchCountsResponse(
                counts=[convert.count_to_message(one) for one in found], next_page_token=token
            )

        return await self._calls.read(work)
