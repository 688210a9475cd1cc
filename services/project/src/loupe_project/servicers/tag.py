"""TagService: tags of a project, and putting them on images."""

from typing import Any

import grpc
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import tag_service_pb2 as pb
from loupe.project.v1 import tag_service_pb2_grpc as pb_grpc
from loupe_kit.errors import DeadlineExceeded
from loupe_kit.rpc_policy import Access
from loupe_project.convert import image as convert_image
from loupe_project.convert import operation as convert_operation
from loupe_project.convert import tag as convert
from loupe_project.convert.values import mask_paths
from loupe_project.domain import names
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.ask_image_work import ask_image_work
from loupe_project.use_cases.delete_tags import ask_delete_tags
from loupe_project.use_cases.list_tags import list_tags
from loupe_project.use_cases.manage_tags import create_tag, get_tag, update_tag
from loupe_project.use_cases.merge_tags import ask_merge_tags
from loupe_project.use_cases.modify_image_tags import checked_wish
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.settle_operation import settle_operation

_SERVICE = "/loupe.project.v1.TagService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "GetTag",
        "ListTags",
        "CreateTag",
        "UpdateTag",
        "DeleteTag",
        "DeleteTags",
        "ModifyImageTags",
        "MergeTags",
    )
}

_NAME = "projects/{project}/tags/{tag}"
_PROJECT = "projects/{project}"
_SETTLE_SECONDS = 2.0
"""How long ModifyImageTags waits for its operation, so that small selections are done when the answer comes."""
_DELETE_SECONDS = 25.0
"""How long DeleteTag waits where its caller set no deadline."""
_ANSWER_SECONDS = 1.0
"""What is left of a deadline for the answer."""
_Context = grpc.aio.ServicerContext[Any, Any]


class TagServicer(pb_grpc.TagServiceServicer):
    """Serves `loupe.project.v1.TagService`.

    Args:
        calls: Transactions and callers.
        hub: Where operations are watched.
    """

    def __init__(self, calls: Calls, hub: OperationHub) -> None:
        self._calls = calls
        self._hub = hub

    async def GetTag(self, request: pb.GetTagRequest, context: _Context) -> pb.Tag:
        project_id, tag_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.Tag:
            return convert.to_message(await get_tag(store, scope, project_id, tag_id))

        return await self._calls.read(work)

    async def ListTags(self, request: pb.ListTagsRequest, context: _Context) -> pb.ListTagsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListTagsResponse:
            page = await list_tags(store, scope, project_id, request.filter, request.page_size, request.page_token)
            return pb.ListTagsResponse(
                tags=[convert.to_message(one) for one in page.tags], next_page_token=page.next_page_token
            )

        return await self._calls.read(work)

    async def CreateTag(self, request: pb.CreateTagRequest, context: _Context) -> pb.Tag:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.Tag:
            tag = request.tag
            now = self._calls.clock.now()
            return convert.to_message(await create_tag(store, scope, project_id, tag.display_name, tag.color, now))

        return await self._calls.write(f"{_SERVICE}/CreateTag", request, pb.Tag, work)

    async def UpdateTag(self, request: pb.UpdateTagRequest, context: _Context) -> pb.Tag:
        project_id, tag_id = names.split(_NAME, request.tag.name, "tag.name")
        paths = mask_paths(request.update_mask, ("display_name", "color"))
        text = request.tag.display_name if "display_name" in paths else None
        color = request.tag.color if "color" in paths else None

        async def work(store: Store, scope: Scope) -> pb.Tag:
            now = self._calls.clock.now()
            tag = await update_tag(store, scope, project_id, tag_id, text=text, color=color, now=now)
            return convert.to_message(tag)

        return await self._calls.write(f"{_SERVICE}/UpdateTag", request, pb.Tag, work)

    async def DeleteTag(self, request: pb.DeleteTagRequest, context: _Context) -> Empty:
        project_id, tag_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(
                await ask_delete_tags(store, scope, project_id, [(project_id, tag_id)], now)
            )

        asked = await self._calls.write(f"{_SERVICE}/DeleteTag", request, Operation, work, context)
        remaining: float | None = context.time_remaining()
        seconds = _DELETE_SECONDS if remaining is None else max(remaining - _ANSWER_SECONDS, _SETTLE_SECONDS)
        done = await self._settled(project_id, asked, seconds)
        if not done.done or done.HasField("error"):
            raise DeadlineExceeded(
                f"The tag is not off all of its images yet; {done.name} says how far it is.", operation=done.name
            )
        return Empty()

    async def DeleteTags(self, request: pb.DeleteTagsRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        tags = [names.split(_NAME, one, "names") for one in request.names]

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(await ask_delete_tags(store, scope, project_id, tags, now))

        asked = await self._calls.write(f"{_SERVICE}/DeleteTags", request, Operation, work, context)
        return await self._settled(project_id, asked)

    async def ModifyImageTags(self, request: pb.ModifyImageTagsRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        selection = convert_image.selection_of(request.selector)
        wish = checked_wish(request.add, request.remove).to_bytes()
        kind = OperationKind.MODIFY_IMAGE_TAGS

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(
                await ask_image_work(store, scope, project_id, kind, selection, now, wish)
            )

        return await self._settled(
            project_id, await self._calls.write(f"{_SERVICE}/ModifyImageTags", request, Operation, work)
        )

    async def MergeTags(self, request: pb.MergeTagsRequest, context: _Context) -> Operation:
        project_id, tag_id = names.split(_NAME, request.name)
        sources = [names.split(_NAME, one, "sources") for one in request.sources]

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(await ask_merge_tags(store, scope, project_id, tag_id, sources, now))

        return await self._settled(
            project_id, await self._calls.write(f"{_SERVICE}/MergeTags", request, Operation, work)
        )

    async def _settled(self, project_id: str, asked: Operation, seconds: float = _SETTLE_SECONDS) -> Operation:
        operation_id = asked.name.rpartition("/")[2]
        return convert_operation.to_proto(
            await settle_operation(self._calls.stores, self._hub, project_id, operation_id, seconds)
        )
