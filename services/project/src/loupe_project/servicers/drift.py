"""DriftService: whether production still looks like the reference."""

from typing import Any

import grpc

from loupe.project.v1 import drift_service_pb2 as pb
from loupe.project.v1 import drift_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import drift as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.measure_drift import measure_drift

ACCESS = {"/loupe.project.v1.DriftService/MeasureDrift": Access.USER}

_Context = grpc.aio.ServicerContext[Any, Any]


class DriftServicer(pb_grpc.DriftServiceServicer):
    """Serves `loupe.project.v1.DriftService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def MeasureDrift(self, request: pb.MeasureDriftRequest, context: _Context) -> pb.MeasureDriftResponse:
        (project_id,) = names.split("projects/{project}", request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.MeasureDriftResponse:
            return convert.to_message(await measure_drift(store, scope, project_id, request.group_by.strip()))

        return await self._calls.read(work)
