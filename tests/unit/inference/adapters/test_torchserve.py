"""What becomes of TorchServe's answers; how they come about is in the integration tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta

import grpc
import numpy as np
import pytest

from loupe_inference.adapters import torchserve_wire
from loupe_inference.adapters.torchserve import TorchServeBackend
from loupe_inference.domain.analysis import Analysis, ClassScores, Outcome, Prediction
from loupe_inference.domain.errors import ImageTooLarge, ImageUndecodable, ModelNotReady
from loupe_inference.ports import BackendDied, BackendTimedOut

QUEUE_FULL = 'Model "tiny" Version 1" has no worker to serve inference request. Please use scale workers API.'
NOT_FOUND = "Model not found: tiny\norg.pytorch.serve.archive.model.ModelNotFoundException"
DIED = "Worker died.\norg.pytorch.serve.http.InternalServerException"
BUDGET = 1000


class FakeServer:
    """Answers with the length of each image; fails as it is told, in order."""

    def __init__(self) -> None:
        self.faults: list[grpc.aio.AioRpcError | bytes] = []
        self.workers: list[int | grpc.aio.AioRpcError] = []
        self.sizes: list[int] = []
        self.bytes_at_once = 0
        self.most_bytes_at_once = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.is_closed = False

    async def predict(self, model: str, version: str, request: Mapping[str, bytes], seconds: float) -> bytes:
        images = torchserve_wire.read_request(request)
        self.sizes.append(len(images))
        size = sum(map(len, request.values()))
        self.bytes_at_once += size
        self.most_bytes_at_once = max(self.most_bytes_at_once, self.bytes_at_once)
        await asyncio.sleep(0)
        await self.go_on.wait()
        self.bytes_at_once -= size
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, bytes):
                return fault
            raise fault
        return torchserve_wire.write_reply([_outcome(image) for image in images if isinstance(image, bytes)])

    async def ready_workers(self, model: str, version: str, seconds: float) -> int:
        workers = self.workers.pop(0) if self.workers else 1
        if isinstance(workers, grpc.aio.AioRpcError):
            raise workers
        return workers

    async def close(self) -> None:
        self.is_closed = True


def _outcome(image: bytes) -> Outcome:
    if image == b"bad":
        return ImageUndecodable("No image.", detail="bad")
    return Analysis(Prediction("tiny", "1", ClassScores(())), np.array([len(image)], np.float32), 1, 1)


def fault(code: grpc.StatusCode, details: str = "") -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details)


def lengths(outcomes: Sequence[Outcome]) -> list[int]:
    return [int(outcome.feature[0]) if isinstance(outcome, Analysis) else -1 for outcome in outcomes]


async def _until_sent(server: FakeServer, requests: int) -> None:
    while len(server.sizes) < requests:  # noqa: ASYNC110 - each turn of the loop brings it nearer
        await asyncio.sleep(0)


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


Make = Callable[..., TorchServeBackend]


@pytest.fixture
async def make(server: FakeServer) -> AsyncIterator[Make]:
    made: list[TorchServeBackend] = []

    def one(patience: float = 30, time_limit: float = 60) -> TorchServeBackend:
        made.append(
            TorchServeBackend(
                server,
                {},
                time_limit=timedelta(seconds=time_limit),
                request_bytes=BUDGET,
                patience=timedelta(seconds=patience),
            )
        )
        return made[-1]

    yield one
    for backend in made:
        await backend.close()


async def test_analyse__slices_keep_the_order(make: Make, server: FakeServer) -> None:
    images = [b"x" * (n % 7 + 1) for n in range(100)]

    outcomes = await make().analyse("tiny", "1", images)

    assert lengths(outcomes) == [len(image) for image in images]
    assert len(server.sizes) > 1
    assert sum(server.sizes) == 100


async def test_analyse__bad_image_spoils_no_other(make: Make) -> None:
    outcomes = await make().analyse("tiny", "1", [b"a", b"bad", b"ab"])

    assert [type(outcome) for outcome in outcomes] == [Analysis, ImageUndecodable, Analysis]


async def test_analyse__bytes_on_their_way_stay_within_the_budget(make: Make, server: FakeServer) -> None:
    backend = make()

    await asyncio.gather(*(backend.analyse(model, "1", [b"x" * 400]) for model in "abcdefgh"))

    assert server.most_bytes_at_once == 800


async def test_analyse__image_over_the_limit_is_never_sent(make: Make, server: FakeServer) -> None:
    (outcome,) = await make().analyse("tiny", "1", [b"x" * (BUDGET + 1)])

    assert isinstance(outcome, ImageTooLarge)
    assert outcome.metadata == {"unit": "bytes", "actual": "1001", "limit": "1000"}
    assert server.sizes == []


async def test_analyse__request_that_the_server_finds_too_large_goes_in_halves(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.CANCELLED)]

    outcomes = await make().analyse("tiny", "1", [b"a", b"ab", b"abc"])

    assert lengths(outcomes) == [1, 2, 3]
    assert server.sizes == [3, 1, 2]


async def test_analyse__single_image_that_the_server_finds_too_large(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.CANCELLED)]

    (outcome,) = await make().analyse("tiny", "1", [b"abc"])

    assert isinstance(outcome, ImageTooLarge)


async def test_analyse__full_queue_is_waited_for(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.INTERNAL, QUEUE_FULL)]

    assert lengths(await make().analyse("tiny", "1", [b"ab"])) == [2]
    assert server.sizes == [1, 1]


async def test_analyse__queue_that_stays_full(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.INTERNAL, QUEUE_FULL)] * 3

    with pytest.raises(ModelNotReady):
        await make(time_limit=0.1).analyse("tiny", "1", [b"ab"])


async def test_analyse__waits_for_a_model_that_is_being_loaded(make: Make, server: FakeServer) -> None:
    server.workers = [fault(grpc.StatusCode.UNAVAILABLE, "Connection refused"), 0, 1]

    assert lengths(await make().analyse("tiny", "1", [b"ab"])) == [2]
    assert server.workers == []


async def test_analyse__model_that_is_not_loaded_in_time(make: Make, server: FakeServer) -> None:
    server.workers = [0]

    with pytest.raises(ModelNotReady, match="is loading it"):
        await make(patience=-1).analyse("tiny", "1", [b"ab"])
    assert server.sizes == []


async def test_analyse__model_that_is_not_hosted_is_told_at_once(make: Make, server: FakeServer) -> None:
    server.workers = [fault(grpc.StatusCode.NOT_FOUND, NOT_FOUND)]

    with pytest.raises(ModelNotReady, match="does not host"):
        await make().analyse("tiny", "1", [b"ab"])


async def test_analyse__version_that_is_on_another_server_of_the_same_address(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.INTERNAL, NOT_FOUND)]

    assert lengths(await make().analyse("tiny", "1", [b"ab"])) == [2]
    assert server.sizes == [1, 1]


async def test_analyse__version_that_was_unloaded(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.INTERNAL, NOT_FOUND)]
    server.workers = [1, fault(grpc.StatusCode.NOT_FOUND, NOT_FOUND)]

    with pytest.raises(ModelNotReady, match="does not host"):
        await make().analyse("tiny", "1", [b"ab"])


async def test_analyse__urgent_call_waits_until_the_version_is_fetched(make: Make, server: FakeServer) -> None:
    server.workers = [fault(grpc.StatusCode.NOT_FOUND, NOT_FOUND)] * 2

    assert lengths(await make().analyse("tiny", "1", [b"ab"], urgent=True)) == [2]


async def test_analyse__urgent_call_waits_for_no_version_that_never_comes(make: Make, server: FakeServer) -> None:
    server.workers = [fault(grpc.StatusCode.NOT_FOUND, NOT_FOUND)]

    with pytest.raises(ModelNotReady, match="does not host"):
        await make(patience=-1).analyse("tiny", "1", [b"ab"], urgent=True)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (fault(grpc.StatusCode.INTERNAL, DIED), BackendDied),
        (fault(grpc.StatusCode.UNAVAILABLE, "Prediction failed"), BackendDied),
        (fault(grpc.StatusCode.UNAVAILABLE, "Socket closed"), BackendDied),
        (b"nonsense", BackendDied),
        (torchserve_wire.write_reply([]), BackendDied),
        (fault(grpc.StatusCode.DEADLINE_EXCEEDED), BackendTimedOut),
        (fault(grpc.StatusCode.PERMISSION_DENIED), ModelNotReady),
    ],
)
async def test_analyse__what_answers_mean(
    make: Make, server: FakeServer, answer: grpc.aio.AioRpcError | bytes, meaning: type[Exception]
) -> None:
    server.faults = [answer]

    with pytest.raises(meaning):
        await make().analyse("tiny", "1", [b"ab"])


async def test_analyse__worker_that_was_ended_for_being_slow(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.INTERNAL, DIED)]

    with pytest.raises(BackendTimedOut):
        await make(time_limit=0).analyse("tiny", "1", [b"ab"])


async def test_analyse__asks_for_a_ready_worker_again_after_a_death(make: Make, server: FakeServer) -> None:
    server.faults = [fault(grpc.StatusCode.INTERNAL, DIED)]
    backend = make()
    with pytest.raises(BackendDied):
        await backend.analyse("tiny", "1", [b"ab"])
    server.workers = [0, 0, 1]

    assert lengths(await backend.analyse("tiny", "1", [b"ab"])) == [2]
    assert server.workers == []


async def test_analyse__urgent_call_waits_for_no_bulk_request(make: Make, server: FakeServer) -> None:
    backend = make()
    server.go_on.clear()
    bulk = asyncio.create_task(backend.analyse("tiny", "1", [b"x"] * 200))
    await _until_sent(server, 2)
    urgent = asyncio.create_task(backend.analyse("tiny", "1", [b"now"], urgent=True))
    await _until_sent(server, 3)

    assert server.sizes[2] == 1, "the rest of the bulk waits, the urgent one is with the server"
    server.go_on.set()
    assert lengths(await urgent) == [3]
    assert len(await bulk) == 200


async def test_analyse__whoever_leaves_does_not_free_a_place_in_the_queue(make: Make, server: FakeServer) -> None:
    backend = make()
    server.go_on.clear()
    leaving = asyncio.create_task(backend.analyse("tiny", "1", [b"x" * 600]))
    await _until_sent(server, 1)
    leaving.cancel()
    next_one = asyncio.create_task(backend.analyse("tiny", "1", [b"x" * 600]))
    for _ in range(20):
        await asyncio.sleep(0)

    assert leaving.cancelled()
    assert server.sizes == [1]
    server.go_on.set()
    assert lengths(await next_one) == [600]


async def test_analyse__models_that_are_elsewhere() -> None:
    here, there = FakeServer(), FakeServer()
    backend = TorchServeBackend(here, {"far": there}, time_limit=timedelta(seconds=9), request_bytes=BUDGET)

    await backend.analyse("far", "1", [b"a"])
    await backend.analyse("tiny", "1", [b"a", b"b"])
    await backend.close()

    assert (here.sizes, there.sizes) == ([2], [1])
    assert here.is_closed
    assert there.is_closed


async def test_close__ends_what_runs(make: Make, server: FakeServer) -> None:
    backend = make()
    server.go_on.clear()
    waiting = asyncio.create_task(backend.analyse("tiny", "1", [b"a"]))
    await _until_sent(server, 1)

    await backend.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting
