"""ExportService: results handed out as one zip file."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import export_service_pb2 as pb
from loupe.project.v1 import export_service_pb2_grpc as pb_grpc
from loupe_kit.objects import ObjectStore
from loupe_kit.rpc_policy import Access
from loupe_project.convert import export as convert
from loupe_project.domain import audit, names
from loupe_project.domain.export import Export
from loupe_project.domain.operation import Operation as Asked
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers import downloads
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.made import MadeCalls
from loupe_project.use_cases import exports
from loupe_project.use_cases.create_export import create_export
from loupe_project.use_cases.operation_hub import OperationHub

_SERVICE = "/loupe.project.v1.ExportService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in ("GetExport", "ListExports", "CreateExport", "DeleteExport", "DownloadExport")
}

_NAME = "projects/{project}/exports/{export}"
_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class ExportServicer(pb_grpc.ExportServiceServicer):
    """Serves `loupe.project.v1.ExportService`.

    Args:
        calls: Transactions and callers.
        objects: Where the files are.
        hub: Wakes the runner of operations.
        keep_for: How long a file is kept.
    """

    def __init__(self, calls: Calls, objects: ObjectStore, hub: OperationHub, keep_for: timedelta) -> None:
        self._calls = calls
        self._objects = objects
        self._hub = hub
        self._made = MadeCalls(calls, hub)
        self._keep_for = keep_for

    async def GetExport(self, request: pb.GetExportRequest, context: _Context) -> pb.Export:
        project_id, export_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.Export:
            return convert.to_message(await exports.get_export(store, scope, project_id, export_id))

        return await self._calls.read(work)

    async def ListExports(self, request: pb.ListExportsRequest, context: _Context) -> pb.ListExportsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListExportsResponse:
            found, token = await exports.list_exports(store, scope, project_id, request.page_size, request.page_token)
            return pb.ListExportsResponse(exports=map(convert.to_message, found), next_page_token=token)

        return await self._calls.read(work)

    async def CreateExport(self, request: pb.CreateExportRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        new = convert.new_of(project_id, request.export)

        async def work(store: Store, scope: Scope) -> Asked:
            now = self._calls.clock.now()
            return await create_export(store, scope, project_id, new, now, self._keep_for)

        return await self._made.ask(f"{_SERVICE}/CreateExport", request, work, context)

    async def DeleteExport(self, request: pb.DeleteExportRequest, context: _Context) -> Empty:
        project_id, export_id = names.split(_NAME, request.name)
        deleted: list[Export] = []

        async def work(store: Store, scope: Scope) -> Empty:
            now = self._calls.clock.now()
            deleted[:] = [await exports.delete_export(store, scope, project_id, export_id, now)]
            return Empty()

        answer = await self._calls.write(f"{_SERVICE}/DeleteExport", request, Empty, work, context)
        for export in deleted:
            await exports.clean_up(export, self._objects, self._hub)
        return answer

    async def DownloadExport(self, request: pb.DownloadExportRequest, context: _Context) -> AsyncIterator[HttpBody]:
        project_id, export_id = names.split(_NAME, request.name)

        async def finished(store: Store, scope: Scope) -> Export:
            export = await exports.get_finished(store, scope, project_id, export_id)
            await exports.check_images(store, self._objects, scope, export)
            return export

        # Looking takes a while for large exports; the transaction that writes is kept short.
        export, scope = await self._calls.read(finished), await self._calls.scope(context)
        async with self._calls.stores() as store:
            now = self._calls.clock.now()
            what = {"images": str(export.image_count), "bytes": str(export.size_bytes)}
            await store.audit.add(audit.event(scope, audit.Action.DOWNLOAD_EXPORT, export.name, now, **what))
            await store.commit()
        await downloads.announce(
            context, f"loupe-{export.create_time:%Y-%m-%d-%H%M}.zip", export.size_bytes, saved=True
        )
        async for piece in self._calls.stream(self._objects.open(export.object_key), finished):
            yield HttpBody(content_type="application/zip", data=piece)
