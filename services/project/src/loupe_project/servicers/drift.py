"""DriftService: whether production still looks like the reference."""

from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty

from loupe.project.v1 import drift_service_pb2 as pb
from loupe.project.v1 import drift_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import drift as convert
from loupe_project.convert import drift_watch as convert_watch
from loupe_project.convert.values import mask_paths
from loupe_project.domain import names
from loupe_project.domain.drift_watch import MAX_MAIL_USERS
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import drift_watches
from loupe_project.use_cases.measure_drift import measure_drift
from loupe_project.use_cases.scopes import Scopes
from loupe_project.use_cases.tell_of_drift import scopes_of

_SERVICE = "/loupe.project.v1.DriftService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in (
        "MeasureDrift",
        "GetDriftWatch",
        "UpdateDriftWatch",
        "DeleteDriftWatch",
        "LookForDrift",
        "TestDriftWebhook",
        "ListDriftPoints",
        "ListDriftAlerts",
    )
}

_WATCH = "projects/{project}/driftWatch"
_Context = grpc.aio.ServicerContext[Any, Any]


class DriftServicer(pb_grpc.DriftServiceServicer):
    """Serves `loupe.project.v1.DriftService`.

    Args:
        calls: Transactions and callers.
        scopes: What exists for people whom alerts shall be mailed to.
    """

    def __init__(self, calls: Calls, scopes: Scopes) -> None:
        self._calls = calls
        self._scopes = scopes

    async def MeasureDrift(self, request: pb.MeasureDriftRequest, context: _Context) -> pb.MeasureDriftResponse:
        (project_id,) = names.split("projects/{project}", request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.MeasureDriftResponse:
            return convert.to_message(await measure_drift(store, scope, project_id, request.group_by.strip()))

        return await self._calls.read(work)

    async def GetDriftWatch(self, request: pb.GetDriftWatchRequest, context: _Context) -> pb.DriftWatch:
        (project_id,) = names.split(_WATCH, request.name)

        async def work(store: Store, scope: Scope) -> pb.DriftWatch:
            return convert_watch.watch_to_message(*await drift_watches.get_watch(store, scope, project_id))

        return await self._calls.read(work)

    async def UpdateDriftWatch(self, request: pb.UpdateDriftWatchRequest, context: _Context) -> pb.DriftWatch:
        (project_id,) = names.split(_WATCH, request.drift_watch.name, "drift_watch.name")
        wish = convert_watch.wish_of(request.drift_watch, mask_paths(request.update_mask, convert_watch.FIELDS))
        clock = self._calls.clock
        # Before the transaction: auth may take a while.
        people = await scopes_of(self._scopes, (wish.mail_users or ())[:MAX_MAIL_USERS])

        async def work(store: Store, scope: Scope) -> pb.DriftWatch:
            found = await drift_watches.update_watch(store, scope, project_id, wish, clock, people)
            return convert_watch.watch_to_message(*found)

        return await self._calls.write(f"{_SERVICE}/UpdateDriftWatch", request, pb.DriftWatch, work, context)

    async def DeleteDriftWatch(self, request: pb.DeleteDriftWatchRequest, context: _Context) -> Empty:
        (project_id,) = names.split(_WATCH, request.name)

        async def work(store: Store, scope: Scope) -> Empty:
            await drift_watches.delete_watch(store, scope, project_id)
            return Empty()

        return await self._calls.write(f"{_SERVICE}/DeleteDriftWatch", request, Empty, work)

    async def LookForDrift(self, request: pb.LookForDriftRequest, context: _Context) -> pb.DriftWatch:
        (project_id,) = names.split(_WATCH, request.name)
        clock = self._calls.clock

        async def work(store: Store, scope: Scope) -> pb.DriftWatch:
            return convert_watch.watch_to_message(*await drift_watches.want_look(store, scope, project_id, clock))

        return await self._calls.write(f"{_SERVICE}/LookForDrift", request, pb.DriftWatch, work)

    async def TestDriftWebhook(self, request: pb.TestDriftWebhookRequest, context: _Context) -> pb.DriftAlert:
        (project_id,) = names.split(_WATCH, request.name)
        clock = self._calls.clock

        async def work(store: Store, scope: Scope) -> pb.DriftAlert:
            return convert_watch.alert_to_message(await drift_watches.try_alert(store, scope, project_id, clock))

        return await self._calls.write(f"{_SERVICE}/TestDriftWebhook", request, pb.DriftAlert, work)

    async def ListDriftPoints(
        self, request: pb.ListDriftPointsRequest, context: _Context
    ) -> pb.ListDriftPointsResponse:
        (project_id,) = names.split(_WATCH, request.parent, "parent")
        value = request.value if request.HasField("value") else None

        async def work(store: Store, scope: Scope) -> pb.ListDriftPointsResponse:
            watch, found, token = await drift_watches.list_points(
                store, scope, project_id, value, request.page_size, request.page_token
            )
            points = [convert_watch.point_to_message(watch, one) for one in found]
            return pb.ListDriftPointsResponse(drift_points=points, next_page_token=token)

        return await self._calls.read(work)

    async def ListDriftAlerts(
        self, request: pb.ListDriftAlertsRequest, context: _Context
    ) -> pb.ListDriftAlertsResponse:
        (project_id,) = names.split(_WATCH, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListDriftAlertsResponse:
            found, token = await drift_watches.list_alerts(
                store, scope, project_id, request.page_size, request.page_token
            )
            alerts = [convert_watch.alert_to_message(one) for one in found]
            return pb.ListDriftAlertsResponse(drift_alerts=alerts, next_page_token=token)

        return await self._calls.read(work)
