"""CurationService: selections, outliers, duplicates."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import curation_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import curation as convert
from loupe_project.domain import names
from loupe_project.domain.curation import CurationRun, Selection
from loupe_project.domain.operation import Operation as Asked
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers import downloads
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.made import MadeCalls
from loupe_project.use_cases import curation
from loupe_project.use_cases.create_curation import create_run, create_selection
from loupe_project.use_cases.operation_hub import OperationHub

_SERVICE = "/loupe.project.v1.CurationService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "CreateSelection",
        "GetSelection",
        "ListSelections",
        "DeleteSelection",
        "ListPicks",
        "TagSelection",
        "DownloadManifest",
        "CreateCurationRun",
        "GetCurationRun",
        "ListCurationRuns",
        "DeleteCurationRun",
        "ListOutliers",
        "ListDuplicateGroups",
    )
}

_SELECTION = "projects/{project}/selections/{selection}"
_RUN = "projects/{project}/curationRuns/{curation_run}"
_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class CurationServicer(pb_grpc.CurationServiceServicer):
    """Serves `loupe.project.v1.CurationService`.

    Args:
        calls: Transactions and callers.
        hub: Wakes the runner of operations.
    """

    def __init__(self, calls: Calls, hub: OperationHub) -> None:
        self._calls = calls
        self._made = MadeCalls(calls, hub)

    async def CreateSelection(self, request: pb.CreateSelectionRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        new = convert.new_selection_of(request.selection)

        async def work(store: Store, scope: Scope) -> Asked:
            return await create_selection(store, scope, project_id, new, self._calls.clock.now())

        return await self._made.ask(f"{_SERVICE}/CreateSelection", request, work)

    async def GetSelection(self, request: pb.GetSelectionRequest, context: _Context) -> pb.Selection:
        project_id, selection_id = names.split(_SELECTION, request.name)

        async def work(store: Store, scope: Scope) -> pb.Selection:
            found = await curation.get_selection(store, scope, project_id, selection_id)
            return convert.selection_to_message(found)

        return await self._calls.read(work)

    async def ListSelections(self, request: pb.ListSelectionsRequest, context: _Context) -> pb.ListSelectionsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListSelectionsResponse:
            found, token = await curation.list_selections(
                store, scope, project_id, request.page_size, request.page_token
            )
            selections = map(convert.selection_to_message, found)
            return pb.ListSelectionsResponse(selections=selections, next_page_token=token)

        return await self._calls.read(work)

    async def DeleteSelection(self, request: pb.DeleteSelectionRequest, context: _Context) -> Empty:
        project_id, selection_id = names.split(_SELECTION, request.name)

        async def work(store: Store, scope: Scope) -> Selection:
            now = self._calls.clock.now()
            return await curation.delete_selection(store, scope, project_id, selection_id, now)

        await self._made.delete(f"{_SERVICE}/DeleteSelection", request, work)
        return Empty()

    async def ListPicks(self, request: pb.ListPicksRequest, context: _Context) -> pb.ListPicksResponse:
        project_id, selection_id = names.split(_SELECTION, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListPicksResponse:
            found, token = await curation.list_picks(
                store, scope, project_id, selection_id, request.page_size, request.page_token
            )
            picks = [convert.pick_to_message(project_id, one) for one in found]
            return pb.ListPicksResponse(picks=picks, next_page_token=token)

        return await self._calls.read(work)

    async def TagSelection(self, request: pb.TagSelectionRequest, context: _Context) -> Operation:
        project_id, selection_id = names.split(_SELECTION, request.name)

        async def work(store: Store, scope: Scope) -> Asked:
            now = self._calls.clock.now()
            return await curation.tag_selection(store, scope, project_id, selection_id, request.tag, now)

        return await self._made.ask(f"{_SERVICE}/TagSelection", request, work)

    async def DownloadManifest(self, request: pb.DownloadManifestRequest, context: _Context) -> AsyncIterator[HttpBody]:
        project_id, selection_id = names.split(_SELECTION, request.name)

        async def work(store: Store, scope: Scope) -> bytes:
            return convert.manifest(*await curation.read_manifest(store, scope, project_id, selection_id))

        async def allowed(store: Store, scope: Scope) -> None:
            await curation.get_selection(store, scope, project_id, selection_id)

        content = await self._calls.read(work)
        await downloads.announce(context, f"selection-{selection_id}.json", len(content), saved=True)
        async for piece in self._calls.stream(downloads.pieces(content), allowed):
            yield HttpBody(content_type="application/json", data=piece)

    async def CreateCurationRun(self, request: pb.CreateCurationRunRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        new = convert.new_run_of(request.curation_run)

        async def work(store: Store, scope: Scope) -> Asked:
            return await create_run(store, scope, project_id, new, self._calls.clock.now())

        return await self._made.ask(f"{_SERVICE}/CreateCurationRun", request, work)

    async def GetCurationRun(self, request: pb.GetCurationRunRequest, context: _Context) -> pb.CurationRun:
        project_id, run_id = names.split(_RUN, request.name)

        async def work(store: Store, scope: Scope) -> pb.CurationRun:
            return convert.run_to_message(await curation.get_run(store, scope, project_id, run_id))

        return await self._calls.read(work)

    async def ListCurationRuns(
        self, request: pb.ListCurationRunsRequest, context: _Context
    ) -> pb.ListCurationRunsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListCurationRunsResponse:
            found, token = await curation.list_runs(store, scope, project_id, request.page_size, request.page_token)
            runs = map(convert.run_to_message, found)
            return pb.ListCurationRunsResponse(curation_runs=runs, next_page_token=token)

        return await self._calls.read(work)

    async def DeleteCurationRun(self, request: pb.DeleteCurationRunRequest, context: _Context) -> Empty:
        project_id, run_id = names.split(_RUN, request.name)

        async def work(store: Store, scope: Scope) -> CurationRun:
            now = self._calls.clock.now()
            return await curation.delete_run(store, scope, project_id, run_id, now)

        await self._made.delete(f"{_SERVICE}/DeleteCurationRun", request, work)
        return Empty()

    async def ListOutliers(self, request: pb.ListOutliersRequest, context: _Context) -> pb.ListOutliersResponse:
        project_id, run_id = names.split(_RUN, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListOutliersResponse:
            run, found, token = await curation.list_outliers(
                store, scope, project_id, run_id, request.page_size, request.page_token
            )
            outliers = [convert.outlier_to_message(run, one) for one in found]
            return pb.ListOutliersResponse(outliers=outliers, next_page_token=token)

        return await self._calls.read(work)

    async def ListDuplicateGroups(
        self, request: pb.ListDuplicateGroupsRequest, context: _Context
    ) -> pb.ListDuplicateGroupsResponse:
        project_id, run_id = names.split(_RUN, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListDuplicateGroupsResponse:
            found, token = await curation.list_duplicate_groups(
                store, scope, project_id, run_id, request.page_size, request.page_token
            )
            groups = [convert.group_to_message(project_id, one) for one in found]
            return pb.ListDuplicateGroupsResponse(duplicate_groups=groups, next_page_token=token)

        return await self._calls.read(work)
