"""TrashService: deleted images, for as long as they can come back."""

from datetime import timedelta
from typing import Any

import grpc
from google.longrunning.operations_pb2 import Operation

from loupe.project.v1 import trash_service_pb2 as pb
from loupe.project.v1 import trash_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import operation as convert_operation
from loupe_project.convert import trash as convert
from loupe_project.domain import names
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import OperationWaker
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.trash import ask_trash_work, list_deleted_images

_SERVICE = "/loupe.project.v1.TrashService"
ACCESS = {f"{_SERVICE}/{method}": Access.USER for method in ("ListDeletedImages", "RestoreImages", "PurgeImages")}

_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class TrashServicer(pb_grpc.TrashServiceServicer):
    """Serves `loupe.project.v1.TrashService`.

    Args:
        calls: Transactions and callers.
        operations: Told of new operations.
        lifetime: How long images can be restored.
    """

    def __init__(self, calls: Calls, operations: OperationWaker, lifetime: timedelta) -> None:
        self._calls = calls
        self._operations = operations
        self._lifetime = lifetime

    async def ListDeletedImages(
        self, request: pb.ListDeletedImagesRequest, context: _Context
    ) -> pb.ListDeletedImagesResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        deletion_id = convert.deletion_of(request.deletion, "deletion") if request.deletion else None

        async def work(store: Store, scope: Scope) -> pb.ListDeletedImagesResponse:
            found, token, total = await list_deleted_images(
                store, scope, project_id, deletion_id, request.page_size, request.page_token
            )
            return pb.ListDeletedImagesResponse(
                deleted_images=[convert.to_message(project_id, one, self._lifetime) for one in found],
                next_page_token=token,
                total_size=total,
            )

        return await self._calls.read(work)

    async def RestoreImages(self, request: pb.RestoreImagesRequest, context: _Context) -> Operation:
        return await self._ask("RestoreImages", OperationKind.RESTORE_IMAGES, request, context)

    async def PurgeImages(self, request: pb.PurgeImagesRequest, context: _Context) -> Operation:
        return await self._ask("PurgeImages", OperationKind.PURGE_IMAGES, request, context)

    async def _ask(
        self,
        method: str,
        kind: OperationKind,
        request: pb.RestoreImagesRequest | pb.PurgeImagesRequest,
        context: _Context,
    ) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        selection = convert.selection_of(request.selector)

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(await ask_trash_work(store, scope, project_id, kind, selection, now))

        operation = await self._calls.write(f"{_SERVICE}/{method}", request, Operation, work, context)
        self._operations.wake(operation.name.rpartition("/")[2])
        return operation
