"""OperationService: long work, looked at and stopped."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.longrunning import operations_pb2
from google.protobuf import empty_pb2

from loupe.project.v1 import operation_service_pb2 as pb
from loupe.project.v1 import operation_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import operation as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import operations
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.settle_operation import settle_operation
from loupe_project.use_cases.undo_operation import ask_undo

_SERVICE = "/loupe.project.v1.OperationService"
ACCESS = {
    f"{_SERVICE}/GetOperation": Access.USER,
    f"{_SERVICE}/ListOperations": Access.USER,
    f"{_SERVICE}/CancelOperation": Access.USER,
    f"{_SERVICE}/UndoOperation": Access.USER,
    f"{_SERVICE}/WatchOperation": Access.USER,
}

_SETTLE_SECONDS = 2.0
"""How long UndoOperation waits for its operation, so that small ones are done when the answer comes."""
_NAME = "projects/{project}/operations/{operation}"
_Context = grpc.aio.ServicerContext[Any, Any]


class OperationServicer(pb_grpc.OperationServiceServicer):
    """Serves `loupe.project.v1.OperationService`.

    Args:
        calls: Transactions and callers.
        hub: Wakes who waits for operations.
    """

    def __init__(self, calls: Calls, hub: OperationHub) -> None:
        self._calls = calls
        self._hub = hub

    async def GetOperation(self, request: pb.GetOperationRequest, context: _Context) -> operations_pb2.Operation:
        project_id, operation_id = names.split(_NAME, request.name)
        scope = await self._calls.scope()
        async with self._calls.stores(read_only=True) as store:
            return convert.to_proto(await operations.get_operation(store, scope, project_id, operation_id))

    async def ListOperations(self, request: pb.ListOperationsRequest, context: _Context) -> pb.ListOperationsResponse:
        (project_id,) = names.split("projects/{project}", request.parent, "parent")
        scope = await self._calls.scope()
        async with self._calls.stores(read_only=True) as store:
            found, token = await operations.list_operations(
                store, scope, project_id, request.page_size, request.page_token
            )
        return pb.ListOperationsResponse(operations=map(convert.to_proto, found), next_page_token=token)

    async def CancelOperation(self, request: pb.CancelOperationRequest, context: _Context) -> empty_pb2.Empty:
        project_id, operation_id = names.split(_NAME, request.name)
        scope, stores = await self._calls.scope(), self._calls.stores
        await operations.cancel_operation(stores, self._hub, scope, project_id, operation_id, self._calls.clock)
        return empty_pb2.Empty()

    async def UndoOperation(self, request: pb.UndoOperationRequest, context: _Context) -> operations_pb2.Operation:
        project_id, operation_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> operations_pb2.Operation:
            return convert.to_proto(await ask_undo(store, scope, project_id, operation_id, self._calls.clock.now()))

        asked = await self._calls.write(f"{_SERVICE}/UndoOperation", request, operations_pb2.Operation, work)
        undo_id = asked.name.rpartition("/")[2]
        return convert.to_proto(
            await settle_operation(self._calls.stores, self._hub, project_id, undo_id, _SETTLE_SECONDS)
        )

    async def WatchOperation(
        self, request: pb.WatchOperationRequest, context: _Context
    ) -> AsyncIterator[operations_pb2.Operation]:
        project_id, operation_id = names.split(_NAME, request.name)
        stores, scope_now = self._calls.stores, self._calls.scope_now
        found = operations.watch_operation(stores, self._hub, scope_now, project_id, operation_id)
        async for operation in found:
            yield convert.to_proto(operation)
