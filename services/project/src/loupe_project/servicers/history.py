"""HistoryService: who changed what of an image."""

from typing import Any

import grpc

from loupe.project.v1 import history_service_pb2 as pb
from loupe.project.v1 import history_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import history as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.list_image_history import list_image_history

_SERVICE = "/loupe.project.v1.HistoryService"
ACCESS = {f"{_SERVICE}/ListImageHistory": Access.USER}

_NAME = "projects/{project}/images/{image}"
_Context = grpc.aio.ServicerContext[Any, Any]


class HistoryServicer(pb_grpc.HistoryServiceServicer):
    """Serves `loupe.project.v1.HistoryService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def ListImageHistory(
        self, request: pb.ListImageHistoryRequest, context: _Context
    ) -> pb.ListImageHistoryResponse:
        project_id, image_id = names.split(_NAME, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListImageHistoryResponse:
            page = await list_image_history(store, scope, project_id, image_id, request.page_size, request.page_token)
            return pb.ListImageHistoryResponse(
                lines=map(convert.to_message, page.lines), next_page_token=page.next_page_token
            )

        return await self._calls.read(work)
