"""AnalysisService: maps of images, kept as history."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import analysis_service_pb2 as pb
from loupe.project.v1 import analysis_service_pb2_grpc as pb_grpc
from loupe_kit.objects import CHUNK_BYTES, ObjectStore
from loupe_kit.rpc_policy import Access
from loupe_project.convert import analysis as convert
from loupe_project.convert.values import mask_paths
from loupe_project.domain import names, point_table
from loupe_project.domain.analysis import Analysis, PointValues
from loupe_project.domain.operation import Operation as Asked
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.made import MadeCalls
from loupe_project.use_cases import analyses
from loupe_project.use_cases.create_analysis import create_analysis
from loupe_project.use_cases.keep_points import keep_images, picked_images
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.read_map import point_matches, point_values, read_coordinates

_SERVICE = "/loupe.project.v1.AnalysisService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "GetAnalysis",
        "ListAnalyses",
        "CreateAnalysis",
        "PlaceImages",
        "UpdateAnalysis",
        "DeleteAnalysis",
        "DownloadCoordinates",
        "GetPointValues",
        "DownloadPointValues",
        "KeepPoints",
    )
}

_NAME = "projects/{project}/analyses/{analysis}"
_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class AnalysisServicer(pb_grpc.AnalysisServiceServicer):
    """Serves `loupe.project.v1.AnalysisService`.

    Args:
        calls: Transactions and callers.
        objects: Where coordinates are.
        hub: Wakes the runner of operations.
    """

    def __init__(self, calls: Calls, objects: ObjectStore, hub: OperationHub) -> None:
        self._calls = calls
        self._objects = objects
        self._hub = hub
        self._made = MadeCalls(calls, hub)

    async def GetAnalysis(self, request: pb.GetAnalysisRequest, context: _Context) -> pb.Analysis:
        project_id, analysis_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.Analysis:
            return convert.to_message(await analyses.get_analysis(store, scope, project_id, analysis_id))

        return await self._calls.read(work)

    async def ListAnalyses(self, request: pb.ListAnalysesRequest, context: _Context) -> pb.ListAnalysesResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListAnalysesResponse:
            found, token = await analyses.list_analyses(store, scope, project_id, request.page_size, request.page_token)
            return pb.ListAnalysesResponse(analyses=map(convert.to_message, found), next_page_token=token)

        return await self._calls.read(work)

    async def CreateAnalysis(self, request: pb.CreateAnalysisRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        new = convert.new_of(request.analysis)

        async def work(store: Store, scope: Scope) -> Asked:
            return await create_analysis(store, scope, project_id, new, self._calls.clock.now())

        return await self._made.ask(f"{_SERVICE}/CreateAnalysis", request, work)

    async def UpdateAnalysis(self, request: pb.UpdateAnalysisRequest, context: _Context) -> pb.Analysis:
        project_id, analysis_id = names.split(_NAME, request.analysis.name, "analysis.name")
        paths = mask_paths(request.update_mask, ("display_name", "visibility", "kept_current"))
        display_name = request.analysis.display_name if "display_name" in paths else None
        visibility = convert.visibility_of(request.analysis) if "visibility" in paths else None
        kept_current = request.analysis.kept_current if "kept_current" in paths else None

        async def work(store: Store, scope: Scope) -> pb.Analysis:
            changed = await analyses.update_analysis(
                store,
                scope,
                project_id,
                analysis_id,
                display_name=display_name,
                visibility=visibility,
                kept_current=kept_current,
                clock=self._calls.clock,
            )
            return convert.to_message(changed)

        changed = await self._calls.write(f"{_SERVICE}/UpdateAnalysis", request, pb.Analysis, work, context)
        # Keeping it current may have begun an operation.
        self._hub.wake("")
        return changed

    async def PlaceImages(self, request: pb.PlaceImagesRequest, context: _Context) -> Operation:
        project_id, analysis_id = names.split(_NAME, request.name)
        selection = convert.placement_selection(request)

        async def work(store: Store, scope: Scope) -> Asked:
            clock = self._calls.clock
            return await analyses.create_placement(store, scope, project_id, analysis_id, selection, clock)

        return await self._made.ask(f"{_SERVICE}/PlaceImages", request, work)

    async def DeleteAnalysis(self, request: pb.DeleteAnalysisRequest, context: _Context) -> Empty:
        project_id, analysis_id = names.split(_NAME, request.name)
        deleted: list[Analysis] = []

        async def work(store: Store, scope: Scope) -> Empty:
            deleted[:] = [await analyses.delete_analysis(store, scope, project_id, analysis_id, self._calls.clock)]
            return Empty()

        answer = await self._calls.write(f"{_SERVICE}/DeleteAnalysis", request, Empty, work, context)
        for analysis in deleted:
            await analyses.clean_up(analysis, self._objects, self._hub)
        return answer

    async def DownloadCoordinates(
        self, request: pb.DownloadCoordinatesRequest, context: _Context
    ) -> AsyncIterator[HttpBody]:
        project_id, analysis_id = names.split(_NAME, request.name)
        scope = await self._calls.scope()
        found = await read_coordinates(
            self._calls.stores, self._objects, scope, project_id, analysis_id, early=request.early
        )
        table = await asyncio.to_thread(found.encode)

        async def allowed(store: Store, scope: Scope) -> None:
            await analyses.get_analysis(store, scope, project_id, analysis_id)

        async for piece in self._calls.stream(_pieces(table), allowed):
            yield HttpBody(content_type="application/octet-stream", data=piece)

    async def GetPointValues(self, request: pb.GetPointValuesRequest, context: _Context) -> pb.PointValues:
        return convert.values_to_message(await self._values(request))

    async def DownloadPointValues(
        self, request: pb.DownloadPointValuesRequest, context: _Context
    ) -> AsyncIterator[HttpBody]:
        project_id, analysis_id = names.split(_NAME, request.name)
        table = await asyncio.to_thread(point_table.encode, await self._values(request))

        async def allowed(store: Store, scope: Scope) -> None:
            await analyses.get_analysis(store, scope, project_id, analysis_id)

        async for piece in self._calls.stream(_pieces(table), allowed):
            yield HttpBody(content_type="application/octet-stream", data=piece)

    async def KeepPoints(self, request: pb.KeepPointsRequest, context: _Context) -> pb.ImageSet:
        project_id, analysis_id = names.split(_NAME, request.name)
        stores, clock = self._calls.stores, self._calls.clock
        scope = await self._calls.scope()
        picked = await picked_images(stores, self._objects, scope, project_id, analysis_id, request.points)

        async def work(store: Store, scope: Scope) -> pb.ImageSet:
            return convert.image_set_to_message(await keep_images(store, scope, project_id, picked, clock))

        return await self._calls.write(f"{_SERVICE}/KeepPoints", request, pb.ImageSet, work)

    async def _values(self, request: pb.GetPointValuesRequest | pb.DownloadPointValuesRequest) -> PointValues:
        project_id, analysis_id = names.split(_NAME, request.name)
        read, what = (point_matches, request.query) if request.query else (point_values, request.field)
        scope = await self._calls.scope()
        return await read(self._calls.stores, self._objects, scope, project_id, analysis_id, what, early=request.early)


async def _pieces(table: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(table), CHUNK_BYTES):
        yield table[start : start + CHUNK_BYTES]
