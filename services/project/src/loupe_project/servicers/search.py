"""SearchService: finding images with the query language."""

from typing import Any

import grpc

from loupe.project.v1 import search_service_pb2 as pb
from loupe.project.v1 import search_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import image as convert_image
from loupe_project.convert import query as convert_query
from loupe_project.convert import search as convert
from loupe_project.domain import names
from loupe_project.domain.image import Fact
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import FacetRequest, PageRequest
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import access
from loupe_project.use_cases.complete_query import complete_query
from loupe_project.use_cases.get_facets import get_facets
from loupe_project.use_cases.get_histograms import get_histograms
from loupe_project.use_cases.get_search_neighbors import get_search_neighbors
from loupe_project.use_cases.parse_query import parse_query
from loupe_project.use_cases.search_images import read_query, search_images

_SERVICE = "/loupe.project.v1.SearchService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "SearchImages",
        "GetFacets",
        "GetHistograms",
        "GetSearchNeighbors",
        "CompleteQuery",
        "ParseQuery",
        "FormatQuery",
    )
}

_PROJECT = "projects/{project}"
_IMAGE = "projects/{project}/images/{image}"
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
        query, order = _query_of(request), convert.order_of(request.order)
        wanted = convert_image.wanted_fields(request.read_mask)
        facts = [fact for fact in Fact if fact in wanted]
        page = PageRequest(query, order, request.page_size, request.page_token, request.skip, facts)

        async def work(store: Store, scope: Scope) -> pb.SearchImagesResponse:
            found = await search_images(store, scope, project_id, page, self._calls.clock)
            return convert.found_to_message(found, wanted)

        return await self._calls.read(work)

    async def GetFacets(self, request: pb.GetFacetsRequest, context: _Context) -> pb.GetFacetsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        asked = FacetRequest(
            _query_of(request), tuple(request.fields), request.value_limit, value_filter=request.value_filter
        )

        async def work(store: Store, scope: Scope) -> pb.GetFacetsResponse:
            facets = await get_facets(store, scope, project_id, asked, self._calls.clock)
            return pb.GetFacetsResponse(facets=[convert.facet_to_message(one) for one in facets])

        return await self._calls.read(work)

    async def GetHistograms(self, request: pb.GetHistogramsRequest, context: _Context) -> pb.GetHistogramsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        query, clock = _query_of(request), self._calls.clock

        async def work(store: Store, scope: Scope) -> pb.GetHistogramsResponse:
            found = await get_histograms(store, scope, project_id, query, request.fields, request.bins, clock)
            return pb.GetHistogramsResponse(histograms=[convert.histogram_to_message(*one) for one in found])

        return await self._calls.read(work)

    async def GetSearchNeighbors(
        self, request: pb.GetSearchNeighborsRequest, context: _Context
    ) -> pb.GetSearchNeighborsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        image_id = names.split(_IMAGE.format(project=project_id, image="{image}"), request.image, "image")[0]
        query, order, clock = _query_of(request), convert.order_of(request.order), self._calls.clock

        async def work(store: Store, scope: Scope) -> pb.GetSearchNeighborsResponse:
            found = await get_search_neighbors(store, scope, project_id, image_id, query, order, clock)
            return convert.neighbours_to_message(project_id, found)

        return await self._calls.read(work)

    async def CompleteQuery(self, request: pb.CompleteQueryRequest, context: _Context) -> pb.CompleteQueryResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        question = convert.question_of(request)

        async def work(store: Store, scope: Scope) -> pb.CompleteQueryResponse:
            found = await complete_query(store, scope, project_id, question, self._calls.clock)
            return pb.CompleteQueryResponse(suggestions=[convert.suggestion_to_message(one) for one in found])

        return await self._calls.read(work)

    async def ParseQuery(self, request: pb.ParseQueryRequest, context: _Context) -> pb.ParseQueryResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ParseQueryResponse:
            read = await parse_query(store, scope, project_id, request.query, self._calls.clock)
            return convert.read_query_to_message(request.query, read)

        return await self._calls.read(work)

    async def FormatQuery(self, request: pb.FormatQueryRequest, context: _Context) -> pb.FormatQueryResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        query = convert_query.text_of("", request.tree)

        async def work(store: Store, scope: Scope) -> pb.FormatQueryResponse:
            read_query(query, await access.viewer(store, scope, project_id), self._calls.clock)
            return pb.FormatQueryResponse(query=query)

        return await self._calls.read(work)


def _query_of(
    request: pb.SearchImagesRequest | pb.GetFacetsRequest | pb.GetHistogramsRequest | pb.GetSearchNeighborsRequest,
) -> str:
    return convert_query.text_of(request.query, request.tree if request.HasField("tree") else None)
