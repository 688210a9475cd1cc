"""SplitService: images shared out for training, validation and test."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import split_service_pb2 as pb
from loupe.project.v1 import split_service_pb2_grpc as pb_grpc
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.rpc_policy import Access
from loupe_project.convert import split as convert
from loupe_project.domain import names
from loupe_project.domain.operation import Operation as Asked
from loupe_project.domain.scope import Scope
from loupe_project.domain.split import Split
from loupe_project.ports.store import Store
from loupe_project.servicers import downloads
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.made import MadeCalls
from loupe_project.use_cases import splits
from loupe_project.use_cases.create_split import create_split
from loupe_project.use_cases.find_leakage import find_leakage
from loupe_project.use_cases.operation_hub import OperationHub

_SERVICE = "/loupe.project.v1.SplitService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "CreateSplit",
        "GetSplit",
        "ListSplits",
        "DeleteSplit",
        "ListSplitImages",
        "TagSplit",
        "DownloadSplitManifest",
        "FindLeakage",
    )
}

_SPLIT = "projects/{project}/splits/{split}"
_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class SplitServicer(pb_grpc.SplitServiceServicer):
    """Serves `loupe.project.v1.SplitService`.

    Args:
        calls: Transactions and callers.
        hub: Wakes the runner of operations.
    """

    def __init__(self, calls: Calls, hub: OperationHub) -> None:
        self._calls = calls
        self._made = MadeCalls(calls, hub)

    async def CreateSplit(self, request: pb.CreateSplitRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        new = convert.new_of(project_id, request.split)

        async def work(store: Store, scope: Scope) -> Asked:
            return await create_split(store, scope, project_id, new, self._calls.clock.now())

        return await self._made.ask(f"{_SERVICE}/CreateSplit", request, work)

    async def GetSplit(self, request: pb.GetSplitRequest, context: _Context) -> pb.Split:
        project_id, split_id = names.split(_SPLIT, request.name)

        async def work(store: Store, scope: Scope) -> pb.Split:
            return convert.to_message(await splits.get_split(store, scope, project_id, split_id))

        return await self._calls.read(work)

    async def ListSplits(self, request: pb.ListSplitsRequest, context: _Context) -> pb.ListSplitsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListSplitsResponse:
            found, token = await splits.list_splits(store, scope, project_id, request.page_size, request.page_token)
            return pb.ListSplitsResponse(splits=map(convert.to_message, found), next_page_token=token)

        return await self._calls.read(work)

    async def DeleteSplit(self, request: pb.DeleteSplitRequest, context: _Context) -> Empty:
        project_id, split_id = names.split(_SPLIT, request.name)

        async def work(store: Store, scope: Scope) -> Split:
            now = self._calls.clock.now()
            return await splits.delete_split(store, scope, project_id, split_id, now)

        await self._made.delete(f"{_SERVICE}/DeleteSplit", request, work)
        return Empty()

    async def ListSplitImages(
        self, request: pb.ListSplitImagesRequest, context: _Context
    ) -> pb.ListSplitImagesResponse:
        project_id, split_id = names.split(_SPLIT, request.parent, "parent")
        part = convert.part_of(request.part)

        async def work(store: Store, scope: Scope) -> pb.ListSplitImagesResponse:
            found, token = await splits.list_images(
                store, scope, project_id, split_id, part, request.page_size, request.page_token
            )
            images = [convert.image_to_message(project_id, one) for one in found]
            return pb.ListSplitImagesResponse(split_images=images, next_page_token=token)

        return await self._calls.read(work)

    async def TagSplit(self, request: pb.TagSplitRequest, context: _Context) -> Operation:
        project_id, split_id = names.split(_SPLIT, request.name)
        part = convert.part_of(request.part)
        if part is None:
            raise InvalidArgument(
                "Say which part to tag: TRAIN, VAL or TEST.", fields=[FieldViolation("part", "must be given")]
            )

        async def work(store: Store, scope: Scope) -> Asked:
            now = self._calls.clock.now()
            return await splits.tag_split(store, scope, project_id, split_id, part, now)

        return await self._made.ask(f"{_SERVICE}/TagSplit", request, work)

    async def DownloadSplitManifest(
        self, request: pb.DownloadSplitManifestRequest, context: _Context
    ) -> AsyncIterator[HttpBody]:
        project_id, split_id = names.split(_SPLIT, request.name)

        async def work(store: Store, scope: Scope) -> bytes:
            return convert.manifest(*await splits.read_manifest(store, scope, project_id, split_id))

        async def allowed(store: Store, scope: Scope) -> None:
            await splits.get_split(store, scope, project_id, split_id)

        content = await self._calls.read(work)
        await downloads.announce(context, f"split-{split_id}.json", len(content), saved=True)
        async for piece in self._calls.stream(downloads.pieces(content), allowed):
            yield HttpBody(content_type="application/json", data=piece)

    async def FindLeakage(self, request: pb.FindLeakageRequest, context: _Context) -> pb.FindLeakageResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        wish = convert.leakage_wish_of(project_id, request)

        async def work(store: Store, scope: Scope) -> pb.FindLeakageResponse:
            leakage, token = await find_leakage(store, scope, project_id, wish, request.page_size, request.page_token)
            return convert.leakage_to_message(project_id, leakage, token)

        return await self._calls.read(work)
