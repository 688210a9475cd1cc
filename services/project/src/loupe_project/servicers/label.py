"""LabelService: ground truth of images."""

from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import image_pb2
from loupe.project.v1 import label_service_pb2 as pb
from loupe.project.v1 import label_service_pb2_grpc as pb_grpc
from loupe_kit import paging
from loupe_kit.rpc_policy import Access
from loupe_project.convert import image as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.manage_labels import create_label, delete_label, list_labels

_SERVICE = "/loupe.project.v1.LabelService"
ACCESS = {f"{_SERVICE}/{method}": Access.USER for method in ("ListLabels", "CreateLabel", "DeleteLabel")}

_IMAGE = "projects/{project}/images/{image}"
_NAME = "projects/{project}/images/{image}/labels/{label}"
_Context = grpc.aio.ServicerContext[Any, Any]


class LabelServicer(pb_grpc.LabelServiceServicer):
    """Serves `loupe.project.v1.LabelService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

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

    async def DeleteLabel(self, request: pb.DeleteLabelRequest, context: _Context) -> Empty:
        project_id, image_id, label_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> Empty:
            await delete_label(store, scope, project_id, image_id, label_id, self._calls.clock.now())
            return Empty()

        return await self._calls.write(f"{_SERVICE}/DeleteLabel", request, Empty, work)
