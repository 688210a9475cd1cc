"""TeachService: heads."""

from typing import Any

import grpc
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import teach_service_pb2 as pb
from loupe.project.v1 import teach_service_pb2_grpc as pb_grpc
from loupe_kit.objects import ObjectStore
from loupe_kit.rpc_policy import Access
from loupe_project.convert import teach as convert
from loupe_project.domain import names
from loupe_project.domain.head import Head
from loupe_project.domain.operation import Operation as Asked
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.made import MadeCalls
from loupe_project.use_cases import heads
from loupe_project.use_cases.operation_hub import OperationHub

_SERVICE = "/loupe.project.v1.TeachService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER for method in ("CreateHead", "GetHead", "ListHeads", "UseHead", "DeleteHead")
}

_HEAD = "projects/{project}/heads/{head}"
_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class TeachServicer(pb_grpc.TeachServiceServicer):
    """Serves `loupe.project.v1.TeachService`.

    Args:
        calls: Transactions and callers.
        objects: Where the numbers of heads are.
        hub: Wakes the runner of operations.
    """

    def __init__(self, calls: Calls, objects: ObjectStore, hub: OperationHub) -> None:
        self._calls = calls
        self._objects = objects
        self._made = MadeCalls(calls, hub)

    async def CreateHead(self, request: pb.CreateHeadRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        new = convert.new_head_of(request.head)

        async def work(store: Store, scope: Scope) -> Asked:
            return await heads.create_head(store, scope, project_id, new, self._calls.clock.now())

        return await self._made.ask(f"{_SERVICE}/CreateHead", request, work)

    async def GetHead(self, request: pb.GetHeadRequest, context: _Context) -> pb.Head:
        project_id, head_id = names.split(_HEAD, request.name)

        async def work(store: Store, scope: Scope) -> pb.Head:
            return convert.head_to_message(await heads.get_head(store, scope, project_id, head_id))

        return await self._calls.read(work)

    async def ListHeads(self, request: pb.ListHeadsRequest, context: _Context) -> pb.ListHeadsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListHeadsResponse:
            found, token = await heads.list_heads(store, scope, project_id, request.page_size, request.page_token)
            return pb.ListHeadsResponse(heads=map(convert.head_to_message, found), next_page_token=token)

        return await self._calls.read(work)

    async def UseHead(self, request: pb.UseHeadRequest, context: _Context) -> Operation:
        project_id, head_id = names.split(_HEAD, request.name)

        async def work(store: Store, scope: Scope) -> Asked:
            now = self._calls.clock.now()
            return await heads.use_head(store, scope, project_id, head_id, now, as_verdict=request.as_verdict)

        return await self._made.ask(f"{_SERVICE}/UseHead", request, work)

    async def DeleteHead(self, request: pb.DeleteHeadRequest, context: _Context) -> Empty:
        project_id, head_id = names.split(_HEAD, request.name)

        async def work(store: Store, scope: Scope) -> Head:
            return await heads.delete_head(store, scope, project_id, head_id, self._calls.clock.now())

        deleted = await self._made.delete(f"{_SERVICE}/DeleteHead", request, work)
        if deleted is not None and deleted.object_key:
            await self._objects.delete(deleted.object_key)
        return Empty()
