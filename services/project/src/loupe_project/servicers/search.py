"""SearchService: finding images with the query language."""

from typing import Any

import grpc

from loupe.project.v1 import search_service_pb2 as pb
from loupe.project.v1 import search_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import search as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import PageRequest
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.get_facets import get_facets
from loupe_project.use_cases.search_images import search_images

_SERVICE = "/loupe.project.v1.SearchService"
ACCESS = {f"{_SERVICE}/{method}": Access.USER for method in ("SearchImages", "GetFacets")}

_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class SearchServicer(pb_grpc.SearchServiceServicer):
    """Serves `loupe.project.v1.SearchService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def SearchImages(self, request: pb.SearchImagesRequest, context: _Context) -> pb.SearchImagesResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        page = PageRequest(request.query, convert.order_of(request.order), request.page_size, request.page_token)

        async def work(store: Store, scope: Scope) -> pb.SearchImagesResponse:
            return convert.found_to_message(await search_images(store, scope, project_id, page, self._calls.clock))

        return await self._calls.read(work)

    async def GetFacets(self, request: pb.GetFacetsRequest, context: _Context) -> pb.GetFacetsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.GetFacetsResponse:
            facets = await get_facets(
                store, scope, project_id, request.query, request.fields, request.value_limit, self._calls.clock
            )
            return pb.GetFacetsResponse(facets=[convert.facet_to_message(one) for one in facets])

        return await self._calls.read(work)
