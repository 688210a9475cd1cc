"""LabelService: ground truth of images."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.longrunning.operations_pb2 import Operation
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import image_pb2
from loupe.project.v1 import label_service_pb2 as pb
from loupe.project.v1 import label_service_pb2_grpc as pb_grpc
from loupe_kit import paging
from loupe_kit.rpc_policy import Access
from loupe_project.convert import image as convert
from loupe_project.convert import label_import as convert_import
from loupe_project.convert import operation as convert_operation
from loupe_project.convert.values import mask_paths
from loupe_project.domain import names
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.file_imports import FileImports
from loupe_project.use_cases.ask_image_work import ask_image_work
from loupe_project.use_cases.manage_labels import create_label, delete_label, list_labels, update_label
from loupe_project.use_cases.modify_image_labels import checked_wish
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.settle_operation import settle_operation

_SERVICE = "/loupe.project.v1.LabelService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "ListLabels",
        "CreateLabel",
        "UpdateLabel",
        "DeleteLabel",
        "ModifyImageLabels",
        "ImportLabels",
    )
}

_IMAGE = "projects/{project}/images/{image}"
_NAME = "projects/{project}/images/{image}/labels/{label}"
_PROJECT = "projects/{project}"
_SETTLE_SECONDS = 2.0
"""How long it waits for an operation, so that small ones are done when the answer comes."""
_Context = grpc.aio.ServicerContext[Any, Any]


class LabelServicer(pb_grpc.LabelServiceServicer):
    """Serves `loupe.project.v1.LabelService`.

    Args:
        calls: Transactions and callers.
        hub: Where operations are watched.
        imports: Takes files of labels.
    """

    def __init__(self, calls: Calls, hub: OperationHub, imports: FileImports) -> None:
        self._calls = calls
        self._hub = hub
        self._imports = imports

    async def ListLabels(self, request: pb.ListLabelsRequest, context: _Context) -> pb.ListLabelsResponse:
        project_id, image_id = names.split(_IMAGE, request.parent, "parent")
        size = paging.clamp_page_size(request.page_size)
        key = paging.filter_hash("labels", project_id, image_id)
        last = paging.decode_token(request.page_token, key)

        async def work(store: Store, scope: Scope) -> pb.ListLabelsResponse:
            after = str(last[0]) if last else ""
            found = await list_labels(store, scope, project_id, image_id, after=after, limit=size + 1)
            token = paging.encode_token((found[size - 1].id,), key) if len(found) > size else ""
            return pb.ListLabelsResponse(
                labels=[convert.label_to_message(project_id, one) for one in found[:size]], next_page_token=token
            )

        return await self._calls.read(work)

    async def CreateLabel(self, request: pb.CreateLabelRequest, context: _Context) -> image_pb2.Label:
        project_id, image_id = names.split(_IMAGE, request.parent, "parent")
        label = convert.label_of(request.label)

        async def work(store: Store, scope: Scope) -> image_pb2.Label:
            now = self._calls.clock.now()
            given = await create_label(store, scope, project_id, image_id, label, now)
            return convert.label_to_message(project_id, given)

        return await self._calls.write(f"{_SERVICE}/CreateLabel", request, image_pb2.Label, work)

    async def UpdateLabel(self, request: pb.UpdateLabelRequest, context: _Context) -> image_pb2.Label:
        project_id, image_id, label_id = names.split(_NAME, request.label.name, "label.name")
        paths = mask_paths(request.update_mask, ("display_name", "box"))
        wanted = convert.label_of(request.label) if "display_name" in paths else None
        box = convert.box_of(request.label) if "box" in paths else None

        async def work(store: Store, scope: Scope) -> image_pb2.Label:
            now = self._calls.clock.now()
            name = wanted.display_name if wanted else None
            label = await update_label(store, scope, project_id, image_id, label_id, name, box, now)
            return convert.label_to_message(project_id, label)

        return await self._calls.write(f"{_SERVICE}/UpdateLabel", request, image_pb2.Label, work)

    async def DeleteLabel(self, request: pb.DeleteLabelRequest, context: _Context) -> Empty:
        project_id, image_id, label_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> Empty:
            await delete_label(store, scope, project_id, image_id, label_id, self._calls.clock.now())
            return Empty()

        return await self._calls.write(f"{_SERVICE}/DeleteLabel", request, Empty, work)

    async def ModifyImageLabels(self, request: pb.ModifyImageLabelsRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        selection = convert.selection_of(request.selector)
        wish = checked_wish(
            request.display_name, clear_class=request.clear_class, clear_boxes=request.clear_boxes
        ).to_bytes()
        kind = OperationKind.MODIFY_IMAGE_LABELS

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(
                await ask_image_work(store, scope, project_id, kind, selection, now, wish)
            )

        asked = await self._calls.write(f"{_SERVICE}/ModifyImageLabels", request, Operation, work)
        return await self._settled(project_id, asked)

    async def ImportLabels(
        self, request_iterator: AsyncIterator[pb.ImportLabelsRequest], context: _Context
    ) -> Operation:
        return await self._imports.run(
            f"{_SERVICE}/ImportLabels",
            OperationKind.IMPORT_LABELS,
            request_iterator,
            lambda request: convert_import.wish_of(request).to_bytes(),
        )

    async def _settled(self, project_id: str, asked: Operation) -> Operation:
        operation_id = asked.name.rpartition("/")[2]
        return convert_operation.to_proto(
            await settle_operation(self._calls.stores, self._hub, project_id, operation_id, _SETTLE_SECONDS)
        )
