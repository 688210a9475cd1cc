"""All interceptors together, over a real loopback server, for all four kinds of call."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from loupe_kit import status
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.channels import open_channel
from loupe_kit.errors import Code
from loupe_kit.rpc_policy import Access, AccessTableError
from loupe_kit.server import GrpcServer
from loupe_kit.telemetry import RPC_TOTAL
from loupe_kit.testing import RunningServer, SigningKeys, make_user, running_server
from tests.integration.kit import echo

USER = make_user(display_name="Grace")
SERVICE = Caller(kind=CallerKind.SERVICE, id="inference")


@pytest.fixture
def servicer() -> echo.EchoServicer:
    return echo.EchoServicer()


@pytest.fixture
async def running(servicer: echo.EchoServicer) -> AsyncIterator[RunningServer]:
    async with running_server([echo.registration(servicer)], unary_timeout=timedelta(seconds=0.3)) as server:
        yield server


def sent_status(error: Any) -> status_pb2.Status:
    values = [value for key, value in error.trailing_metadata() if key == status.STATUS_KEY]
    assert len(values) == 1
    return status_pb2.Status.FromString(values[0])


async def reaches(counter: Any, value: float) -> None:
    """The server counts a call after its status has left, so the client may be first."""
    async with asyncio.timeout(10):
        while counter._value.get() != value:  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", echo.KINDS)
async def test_call__caller_and_request_id_reach_the_servicer(running: RunningServer, kind: str) -> None:
    metadata = (*running.metadata(USER), ("x-request-id", "my-request-1"))
    answers = await echo.call(running.channel, kind, ["hello"], metadata)
    assert answers[-1] == f"hello|USER|{USER.id}|my-request-1"


@pytest.mark.parametrize("kind", echo.KINDS)
async def test_call__known_error(running: RunningServer, kind: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, kind, ["raise:known"], running.metadata(USER))
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    sent = sent_status(caught.value)
    infos = [d for d in sent.details if d.TypeName() == "google.rpc.ErrorInfo"]
    assert len(infos) == 1
    info = error_details_pb2.ErrorInfo.FromString(infos[0].value)
    assert (info.reason, info.domain, dict(info.metadata)) == ("NAME_TAKEN", "loupe", {"name": "x"})
    remote = status.from_rpc_error(caught.value)
    assert (remote.code, remote.reason) == (Code.ALREADY_EXISTS, "NAME_TAKEN")
    assert [field.field for field in remote.fields] == ["name"]


@pytest.mark.parametrize("kind", echo.KINDS)
async def test_call__unknown_error_is_hidden_and_logged(
    running: RunningServer, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    metadata = (*running.metadata(USER), ("x-request-id", f"failing-{kind}"))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, kind, ["raise:unknown"], metadata)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "1234" not in str(caught.value)
    remote = status.from_rpc_error(caught.value)
    assert (remote.reason, remote.metadata) == ("INTERNAL", {"request_id": f"failing-{kind}"})
    logged = "".join(capfd.readouterr())
    assert "ZeroDivisionError" in logged
    assert f"failing-{kind}" in logged


@pytest.mark.parametrize("kind", echo.KINDS)
async def test_call__anonymous_is_refused(running: RunningServer, kind: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, kind, ["hello"])
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_call__forged_token_is_refused(running: RunningServer) -> None:
    forged = (("authorization", f"Bearer {SigningKeys().token_for(USER)}"),)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, "UnaryUnary", ["hello"], forged)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_public_call__bad_token_counts_as_none(running: RunningServer) -> None:
    answers = await echo.call(running.channel, "Public", ["hello"], (("authorization", "Bearer nonsense"),))
    assert answers[0].startswith("hello|ANONYMOUS||")


async def test_service_call__person_is_refused(running: RunningServer) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, "Internal", ["hello"], running.metadata(USER))
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_service_call__token_of_the_channel(running: RunningServer) -> None:
    async with open_channel(running.target, lambda: running.keys.token_for(SERVICE)) as channel:
        for kind in (*echo.KINDS, "Internal"):
            answers = await echo.call(channel, kind, ["hello"])
            assert answers[-1].startswith("hello|SERVICE|inference|")


async def test_call__caller_does_not_leak_into_the_next(running: RunningServer) -> None:
    await echo.call(running.channel, "UnaryUnary", ["a"], running.metadata(USER))
    answers = await echo.call(running.channel, "Public", ["b"])
    assert answers[0].startswith("b|ANONYMOUS||")


async def test_unary_call__default_deadline(running: RunningServer, servicer: echo.EchoServicer) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, "UnaryUnary", ["sleep"], running.metadata(USER))
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert status.from_rpc_error(caught.value).metadata == {"limit_seconds": "0.3"}
    assert servicer.cancelled.is_set()


async def test_stream__no_default_deadline_and_closed_when_the_client_leaves(
    running: RunningServer, servicer: echo.EchoServicer
) -> None:
    task = asyncio.create_task(echo.call(running.channel, "UnaryStream", ["sleep"], running.metadata(USER)))
    await asyncio.sleep(0.6)
    assert not task.done()
    task.cancel()
    async with asyncio.timeout(60):
        await servicer.cancelled.wait()
        await servicer.closed.wait()


async def test_metrics__one_count_per_call(running: RunningServer) -> None:
    counter = RPC_TOTAL.labels(echo.SERVICE, "StreamStream", "ALREADY_EXISTS")
    before = counter._value.get()
    with pytest.raises(grpc.aio.AioRpcError):
        await echo.call(running.channel, "StreamStream", ["a", "raise:known"], running.metadata(USER))
    await reaches(counter, before + 1)


async def test_metrics__abort_of_a_library_servicer_has_its_own_code(running: RunningServer) -> None:
    counter = RPC_TOTAL.labels("grpc.health.v1.Health", "Check", "NOT_FOUND")
    before = counter._value.get()
    stub: Any = health_pb2_grpc.HealthStub(running.channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    await reaches(counter, before + 1)


async def test_call__error_of_another_service_passes_but_for_our_own_faults(running: RunningServer) -> None:
    """A servicer that does not catch what another service answers."""
    servicer = echo.EchoServicer()
    async with running_server([echo.registration(servicer)], keys=running.keys) as front:
        for kind, code in (("raise:known", "ALREADY_EXISTS"), ("raise:unknown", "INTERNAL")):
            servicer.forward_to = (running.channel, kind, running.metadata(USER))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await echo.call(front.channel, "UnaryUnary", ["forward"], front.metadata(USER))
            assert caught.value.code().name == code
        servicer.forward_to = (running.channel, "hello", None)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(front.channel, "UnaryUnary", ["forward"], front.metadata(USER))
        assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_unknown_method__unimplemented(running: RunningServer) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo.call(running.channel, "Nothing", ["a"], running.metadata(USER))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert ("loupe.test.v1.EchoService", "Nothing") not in [
        (sample.labels.get("grpc_service"), sample.labels.get("grpc_method"))
        for metric in RPC_TOTAL.collect()
        for sample in metric.samples
    ]


async def test_health__serving_per_service_only_when_told() -> None:
    keys = SigningKeys()
    async with running_server([echo.registration()], keys=keys) as running:
        stub: Any = health_pb2_grpc.HealthStub(running.channel)
        request = health_pb2.HealthCheckRequest(service=echo.SERVICE)
        assert (await stub.Check(request)).status == health_pb2.HealthCheckResponse.SERVING
        await running.server.set_serving(echo.SERVICE, False)
        assert (await stub.Check(request)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        whole = await stub.Check(health_pb2.HealthCheckRequest())
        assert whole.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection__lists_the_services(running: RunningServer) -> None:
    make_stub: Any = reflection_pb2_grpc.ServerReflectionStub
    stub = make_stub(running.channel)
    answers = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
    names = [service.name async for answer in answers for service in answer.list_services_response.service]
    assert echo.SERVICE in names


async def test_unix_socket(tmp_path: Path) -> None:
    async with running_server([echo.registration()], address=f"unix:{tmp_path}/s") as running:
        answers = await echo.call(running.channel, "UnaryUnary", ["hello"], running.metadata(USER))
    assert answers[0].startswith("hello|USER|")


async def test_start__address_in_use() -> None:
    async with running_server([echo.registration()]) as running:
        second = GrpcServer([echo.registration()], [], running.target)
        with pytest.raises(OSError, match="in use"):
            await second.start()


async def test_server__refuses_a_gap_in_the_access_table() -> None:
    table = {path: access for path, access in echo.ACCESS.items() if not path.endswith("/StreamStream")}
    with pytest.raises(AccessTableError, match="StreamStream"):
        GrpcServer([echo.registration(access=table)], [], "127.0.0.1:0")
    extra = {**echo.ACCESS, f"/{echo.SERVICE}/Removed": Access.USER}
    with pytest.raises(AccessTableError, match="Removed"):
        GrpcServer([echo.registration(access=extra)], [], "127.0.0.1:0")


async def test_stop__running_calls_get_their_grace(servicer: echo.EchoServicer) -> None:
    async with running_server([echo.registration(servicer)]) as running, open_channel(running.target) as channel:
        await channel.channel_ready()
        task = asyncio.create_task(echo.call(channel, "UnaryStream", ["sleep"], running.metadata(USER)))
        await asyncio.sleep(0.2)
        start = asyncio.get_running_loop().time()
        await running.server.stop(timedelta(seconds=0.3))
        assert 0.25 < asyncio.get_running_loop().time() - start < 5
        with pytest.raises(grpc.aio.AioRpcError):
            await task
    assert servicer.cancelled.is_set()


async def test_access_log__no_token_in_it(running: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await echo.call(running.channel, "UnaryUnary", ["hello"], running.metadata(USER))
    assert running.keys.token_for(USER)[:40] not in caplog.text
