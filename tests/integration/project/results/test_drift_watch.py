"""The watch of DriftService through a real server."""

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import drift_service_pb2 as pb
from loupe_kit.caller import Caller
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from tests.integration.project.results.harness import Bench, narrow


async def update(bench: Bench, who: Any = None, **fields: Any) -> pb.DriftWatch:
    watch = pb.DriftWatch(name=f"{bench.project}/driftWatch", **fields)
    request = pb.UpdateDriftWatchRequest(drift_watch=watch, update_mask=FieldMask(paths=sorted(fields)))
    answer: pb.DriftWatch = await bench.stub("Drift").UpdateDriftWatch(request, metadata=who or bench.who)
    return answer


async def get(bench: Bench, who: Any = None) -> pb.DriftWatch:
    request = pb.GetDriftWatchRequest(name=f"{bench.project}/driftWatch")
    answer: pb.DriftWatch = await bench.stub("Drift").GetDriftWatch(request, metadata=who or bench.who)
    return answer


async def refused(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = from_rpc_error(caught.value)
    return error.reason or error.code.name


async def test_drift_watch__is_set_up_changed_and_ended(bench: Bench, viewer: Caller) -> None:
    assert await refused(get(bench)) == "DRIFT_WATCH_NOT_FOUND"
    made = await update(
        bench, reference="tag:golden", group_by="라인", webhook_url="http://127.0.0.1:9/x", webhook_secret="s" * 20
    )
    assert (made.reference, made.group_by, made.every_images) == ("tag:golden", "line", 0)
    assert (made.webhook_secret, made.has_webhook_secret) == ("", True)

    changed = await update(bench, every_images=200)

    assert (changed.reference, changed.every_images, changed.has_webhook_secret) == ("tag:golden", 200, True)
    seen = await get(bench, bench.server.metadata(viewer))
    assert (seen.reference, seen.webhook_url) == ("tag:golden", "")
    closed = await update(bench, webhook_url="")
    assert (closed.webhook_url, closed.has_webhook_secret) == ("", False)
    request = pb.DeleteDriftWatchRequest(name=made.name)
    await bench.stub("Drift").DeleteDriftWatch(request, metadata=bench.who)
    assert await refused(get(bench)) == "DRIFT_WATCH_NOT_FOUND"


@pytest.mark.parametrize(
    "fields",
    [
        {"group_by": "line"},
        {"reference": " "},
        {"reference": "tag:golden", "group_by": "conf"},
        {"reference": "tag:golden", "every_images": 49},
        {"reference": "tag:golden", "every_images": -1},
        {"reference": "tag:golden", "webhook_secret": "short"},
        *(
            {"reference": "tag:golden", "webhook_url": url}
            for url in (
                "ftp://a/",
                "hooks",
                "http://",
                "http://me:pw@a/",
                "http://a:x/",
                "http://a/ b",
                "http://" + "a" * 1000,
            )
        ),
    ],
)
async def test_update_drift_watch__what_makes_no_sense(bench: Bench, fields: dict[str, Any]) -> None:
    assert await refused(update(bench, **fields)) == "INVALID_ARGUMENT"
    assert await refused(get(bench)) == "DRIFT_WATCH_NOT_FOUND"


async def test_update_drift_watch__reference_that_cannot_be_read(bench: Bench) -> None:
    assert await refused(update(bench, reference="tag:(")) == "QUERY_INVALID"


async def test_drift_watch__history_and_alerts(bench: Bench) -> None:
    await update(bench, reference="tag:golden", webhook_url="http://127.0.0.1:9/x")
    stub, parent = bench.stub("Drift"), f"{bench.project}/driftWatch"

    points = await stub.ListDriftPoints(pb.ListDriftPointsRequest(parent=parent), metadata=bench.who)
    assert list(points.drift_points) == []
    looked = await stub.LookForDrift(pb.LookForDriftRequest(name=parent), metadata=bench.who)
    assert looked.HasField("next_look_time")
    tested = await stub.TestDriftWebhook(pb.TestDriftWebhookRequest(name=parent), metadata=bench.who)

    alerts = await stub.ListDriftAlerts(pb.ListDriftAlertsRequest(parent=parent), metadata=bench.who)
    assert [(one.id, one.is_test) for one in alerts.drift_alerts] == [(tested.id, True)]
    await update(bench, webhook_url="")
    again = stub.TestDriftWebhook(pb.TestDriftWebhookRequest(name=parent), metadata=bench.who)
    assert await refused(again) == "DRIFT_WEBHOOK_MISSING"


async def test_drift_watch__people_to_mail(bench: Bench, viewer: Caller) -> None:
    ada, bob = f"users/{bench.caller.id}", f"users/{viewer.id}"
    made = await update(bench, reference="tag:golden", mail_users=[ada, bob, ada])
    assert list(made.mail_users) == [ada, bob]
    assert list((await get(bench, bench.server.metadata(viewer))).mail_users) == []
    name = f"{bench.project}/driftWatch"

    tested = await bench.stub("Drift").TestDriftWebhook(pb.TestDriftWebhookRequest(name=name), metadata=bench.who)

    assert (tested.state, tested.mail.state) == (pb.DriftAlert.STATE_KEPT, pb.DriftAlert.STATE_SENDING)
    stranger = f"users/{make_user().id}"
    for wrong in ([stranger], ["departments/x"], [f"users/{number}" for number in range(21)]):
        assert await refused(update(bench, mail_users=wrong)) == "INVALID_ARGUMENT"
    assert list((await update(bench, mail_users=[])).mail_users) == []


async def test_drift_watch__rights(bench: Bench, viewer: Caller) -> None:
    await update(bench, reference="tag:golden", webhook_url="http://127.0.0.1:9/x")
    (hidden,) = await bench.add_images(1)
    as_viewer, parent = bench.server.metadata(viewer), f"{bench.project}/driftWatch"
    stub = bench.stub("Drift")
    await stub.TestDriftWebhook(pb.TestDriftWebhookRequest(name=parent), metadata=bench.who)

    assert await refused(update(bench, as_viewer, group_by="line")) == "EDIT_RIGHT_REQUIRED"
    look = stub.LookForDrift(pb.LookForDriftRequest(name=parent), metadata=as_viewer)
    assert await refused(look) == "EDIT_RIGHT_REQUIRED"
    assert await refused(get(bench, bench.server.metadata(make_user()))) == "PROJECT_NOT_FOUND"
    listed = await stub.ListDriftAlerts(pb.ListDriftAlertsRequest(parent=parent), metadata=as_viewer)
    assert len(listed.drift_alerts) == 1
    await narrow(bench, hidden)
    listed = await stub.ListDriftAlerts(pb.ListDriftAlertsRequest(parent=parent), metadata=as_viewer)
    assert len(listed.drift_alerts) == 0
