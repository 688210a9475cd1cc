"""Long work: leases, progress, cancelling, taking over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, wrappers_pb2
from google.protobuf.message import Message

from loupe.project.v1 import operation_service_pb2 as pb
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.clock import SystemClock
from loupe_kit.ids import new_id
from loupe_project.domain.errors import TagNotFound
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import ProgressSink
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.run_operations import OperationRunner, RunnerOptions
from tests.integration.project.intake.harness import Client, image_bytes, reason_of, zip_bytes

Work = Callable[[Operation, ProgressSink, asyncio.Event], Awaitable[Message]]


class _Handler:
    def __init__(self, work: Work) -> None:
        self.run: Any = work


class _Bench:
    """Runners beside the served one, for a kind of work that it has no handler for."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.runners: list[OperationRunner] = []

    async def runner(self, work: Work, **options: Any) -> tuple[OperationRunner, OperationHub]:
        hub = self.client.parts.hub
        runner = OperationRunner(
            self.client.parts.stores,
            {OperationKind.CREATE_EXPORT: _Handler(work)},
            hub,
            SystemClock(),
            RunnerOptions(poll_seconds=0.05, **options),
        )
        await runner.start()
        self.runners.append(runner)
        return runner, hub

    async def add(self) -> Operation:
        now = datetime.now(UTC)
        scope = Scope.of(self.client.caller)
        operation = Operation(
            id=new_id(),
            project_id=self.client.project_id,
            kind=OperationKind.CREATE_EXPORT,
            target="",
            request=b"what",
            creator=scope.principal,
            scope=scope,
            create_time=now,
            update_time=now,
        )
        async with self.client.parts.stores() as store:
            await store.operations.add(operation)
            await store.commit()
        return operation

    async def until_done(self, operation: Operation) -> Operation:
        while True:
            async with self.client.parts.stores(read_only=True) as store:
                found = await store.operations.get(operation.project_id, operation.id)
            if found.is_done:
                return found
            await asyncio.sleep(0.01)


@pytest.fixture
async def bench(client: Client) -> AsyncIterator[_Bench]:
    owners = [getattr(hook, "__self__", None) for hook in client.service.on_stop]
    runner = next(one for one in owners if isinstance(one, OperationRunner))
    await runner.stop()
    bench = _Bench(client)
    yield bench
    for one in bench.runners:
        await one.stop()


async def _error(client: Client, operation: Operation) -> str:
    found = await client.operations.GetOperation(pb.GetOperationRequest(name=operation.name), metadata=client.who)
    return reason_of(found.error)


async def test_run__response_and_progress(client: Client, bench: _Bench) -> None:
    async def work(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        await progress.report(phase="half", done=5, total=10, failures=[TagNotFound("no tag", tag="x")], failed=1)
        return wrappers_pb2.StringValue(value=operation.request.decode())

    await bench.runner(work)
    operation = await bench.add()
    await bench.until_done(operation)
    found = await client.operations.GetOperation(pb.GetOperationRequest(name=operation.name), metadata=client.who)
    value, metadata = wrappers_pb2.StringValue(), pb.OperationMetadata()
    assert found.response.Unpack(value)
    assert found.metadata.Unpack(metadata)
    assert value.value == "what"
    assert (metadata.done_count, metadata.total_count, metadata.failed_count, metadata.fraction) == (5, 10, 1, 1.0)
    assert reason_of(metadata.failures[0]) == "TAG_NOT_FOUND"
    assert metadata.HasField("finish_time")


async def test_run__faults(client: Client, bench: _Bench) -> None:
    faults = [TagNotFound("no tag", tag="x"), RuntimeError("secret")]

    async def work(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        raise faults.pop(0)

    await bench.runner(work, max_running=1)
    first, second = await bench.add(), await bench.add()
    await bench.until_done(first)
    done = await bench.until_done(second)
    assert await _error(client, first) == "TAG_NOT_FOUND"
    assert await _error(client, second) == "INTERNAL"
    assert b"secret" not in done.error


@pytest.mark.parametrize("listens", [True, False])
async def test_cancel__handlers_that_listen_and_those_that_do_not(client: Client, bench: _Bench, listens: bool) -> None:
    started = asyncio.Event()

    async def work(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        started.set()
        await (cancelled.wait() if listens else asyncio.sleep(60))
        await asyncio.sleep(60)
        return empty_pb2.Empty()

    await bench.runner(work)
    operation = await bench.add()
    await started.wait()
    await client.operations.CancelOperation(pb.CancelOperationRequest(name=operation.name), metadata=client.who)
    await bench.until_done(operation)
    assert await _error(client, operation) == "OPERATION_CANCELLED"


async def test_cancel__before_it_began(client: Client, bench: _Bench) -> None:
    async def work(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        await asyncio.sleep(60)
        return empty_pb2.Empty()

    operation = await bench.add()
    await client.operations.CancelOperation(pb.CancelOperationRequest(name=operation.name), metadata=client.who)
    await bench.runner(work)
    await bench.until_done(operation)
    assert await _error(client, operation) == "OPERATION_CANCELLED"


async def test_lease__a_runner_that_stops_gives_its_work_back(bench: _Bench) -> None:
    runs: list[bytes] = []

    async def work(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event, *, hang: bool) -> Message:
        runs.append(operation.checkpoint)
        await progress.save_checkpoint(b"been here")
        if hang:
            await asyncio.sleep(60)
        return empty_pb2.Empty()

    first, _ = await bench.runner(partial(work, hang=True))
    operation = await bench.add()
    while not runs:  # noqa: ASYNC110 - a list is what the handler fills
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    await first.stop()
    await bench.runner(partial(work, hang=False))
    assert not (await bench.until_done(operation)).error
    assert runs == [b"", b"been here"]


async def test_lease__one_that_ran_out_is_taken_over_and_the_old_owner_writes_nothing(bench: _Bench) -> None:
    seen: list[str] = []
    freeze = asyncio.Event()

    async def slow(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        seen.append("slow")
        await freeze.wait()
        seen.append("slow goes on")
        await progress.report(done=99, total=100)
        return wrappers_pb2.StringValue(value="slow")

    async def quick(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        seen.append("quick")
        return wrappers_pb2.StringValue(value="quick")

    first, _ = await bench.runner(slow, lease=timedelta(seconds=60))
    operation = await bench.add()
    while not seen:  # noqa: ASYNC110 - a list is what the handler fills
        await asyncio.sleep(0.01)
    async with bench.client.parts.stores() as store:
        await store.operations.release_all(datetime.now(UTC))
        await store.commit()
    del first
    await bench.runner(quick)
    done = await bench.until_done(operation)
    freeze.set()
    await asyncio.sleep(0.2)
    async with bench.client.parts.stores(read_only=True) as store:
        found = await store.operations.get(operation.project_id, operation.id)
    assert found == done
    assert "quick" in seen


async def test_watch__each_change_until_done(client: Client, bench: _Bench) -> None:
    async def work(operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        for number in range(1, 4):
            await progress.report(done=number, total=3)
            await asyncio.sleep(0.3)
        return empty_pb2.Empty()

    operation = await bench.add()
    await bench.runner(work)
    seen = []
    async for one in client.operations.WatchOperation(
        pb.WatchOperationRequest(name=operation.name), metadata=client.who
    ):
        metadata = pb.OperationMetadata()
        one.metadata.Unpack(metadata)
        seen.append((one.done, metadata.done_count))
    assert seen[-1] == (True, 3)
    assert len(seen) >= 3


async def test_list__own_ones_newest_first(client: Client) -> None:
    names = []
    for number in range(3):
        answers, _ = await client.upload((f"{number}.zip", zip_bytes([("a.png", image_bytes())])))
        names.append(answers[f"{number}.zip"].operation)
    first = await client.operations.ListOperations(
        pb.ListOperationsRequest(parent=client.project, page_size=2), metadata=client.who
    )
    second = await client.operations.ListOperations(
        pb.ListOperationsRequest(parent=client.project, page_size=2, page_token=first.next_page_token),
        metadata=client.who,
    )
    assert [one.name for one in (*first.operations, *second.operations)] == names[::-1]
    assert second.next_page_token == ""


async def test_get__somebody_elses(client: Client) -> None:
    answers, _ = await client.upload(("a.zip", zip_bytes([("a.png", image_bytes())])))
    client.caller = Caller(CallerKind.USER, new_id(), "Lee")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.operations.GetOperation(
            pb.GetOperationRequest(name=answers["a.zip"].operation), metadata=client.who
        )
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
