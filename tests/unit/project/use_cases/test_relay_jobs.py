"""The relay: what waits goes to the queue, never more than it should hold, and nothing is lost."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from loupe_kit.clock import SystemClock
from loupe_kit.queue import InProcessQueue
from loupe_project.domain.job import Job
from loupe_project.use_cases.relay_jobs import JobRelay, RelayOptions
from loupe_project.use_cases.signal import Bell
from tests.unit.project.fakes import FakeStore, factory_of, make_job

LITE = "analysis.lite"


def encode(job: Job) -> bytes:
    return job.id.encode()


def make_relay(store: FakeStore, queue: InProcessQueue, bell: Bell | None = None, **options: object) -> JobRelay:
    return JobRelay(
        factory_of(store),
        queue,
        encode,
        bell or Bell(),
        SystemClock(),
        RelayOptions(**options),  # type: ignore[arg-type] # fields of the options
    )


async def payloads(queue: InProcessQueue, stream: str = LITE) -> list[bytes]:
    return [one.payload for one in await queue.claim(stream, "test", 99, timedelta())]


async def test_relay_once__oldest_first_up_to_a_batch() -> None:
    store, queue = FakeStore(waiting=[make_job(n) for n in range(3)]), InProcessQueue()

    relayed = await make_relay(store, queue, batch=2).relay_once()

    assert (relayed.count, relayed.is_full) == (2, False)
    assert await payloads(queue) == [b"job0", b"job1"]
    assert [one.id for one in store.waiting] == ["job2"]


async def test_relay_once__stops_when_the_stream_is_full() -> None:
    store, queue = FakeStore(waiting=[make_job(n) for n in range(5)]), InProcessQueue()
    relay = make_relay(store, queue, depth=3, batch=2)

    counts = [(await relay.relay_once()).count for _ in range(3)]

    assert counts == [2, 1, 0]
    assert (await relay.relay_once()).is_full
    assert await queue.depth(LITE) == 3


async def test_relay_once__a_full_stream_does_not_hold_up_others() -> None:
    store, queue = FakeStore(waiting=[make_job(1), make_job(2, "yolo")]), InProcessQueue()
    await queue.publish(LITE, [b"x", b"y"])

    relayed = await make_relay(store, queue, depth=2).relay_once()

    assert (relayed.count, relayed.is_full) == (1, True)
    assert await payloads(queue, "analysis.yolo") == [b"job2"]


async def test_relay_once__what_the_queue_refuses_waits_again() -> None:
    class Refusing(InProcessQueue):
        async def publish(self, stream: str, payloads: Sequence[bytes]) -> list[str]:
            raise ConnectionError("gone")

    store = FakeStore(waiting=[make_job(1)])

    with pytest.raises(ConnectionError):
        await make_relay(store, Refusing()).relay_once()

    assert [one.id for one in store.waiting] == ["job1"]
    assert store.published == []


async def test_start__wakes_at_the_bell() -> None:
    store, queue, bell = FakeStore(), InProcessQueue(), Bell()
    relay = make_relay(store, queue, bell, poll=timedelta(hours=1))
    await relay.start()
    await asyncio.sleep(0.01)

    store.waiting.append(make_job(1))
    bell.ring()
    found = await queue.claim(LITE, "test", 1, timedelta(seconds=60))

    await relay.stop()
    assert [one.payload for one in found] == [b"job1"]


@pytest.mark.parametrize("forgets", [True, False])
async def test_start__queue_that_forgets_gets_everything_again(forgets: bool) -> None:
    store = FakeStore()
    relay = make_relay(store, InProcessQueue(), forget_at_start=forgets)

    await relay.start()
    await relay.stop()

    assert store.forgot_everything is forgets


async def test_relay__goes_on_after_a_fault() -> None:
    class Weak(FakeStore):
        faults = 1

        async def models(self) -> list[str]:
            if self.faults:
                self.faults -= 1
                raise ConnectionError("database is away")
            return await super().models()

    store, queue = Weak(waiting=[make_job(1)]), InProcessQueue()
    relay = make_relay(store, queue, poll=timedelta(milliseconds=1))
    await relay.start()

    found = await queue.claim(LITE, "test", 1, timedelta(seconds=60))

    await relay.stop()
    assert len(found) == 1


async def test_relay__full_stream_costs_no_sql() -> None:
    class Counting(FakeStore):
        looks = 0

        async def models(self) -> list[str]:
            self.looks += 1
            return await super().models()

    store, queue, bell = Counting(waiting=[make_job(n) for n in range(9)]), InProcessQueue(), Bell()
    relay = make_relay(store, queue, bell, depth=4, batch=4, full_pause=timedelta(minutes=1))
    await relay.start()
    async with asyncio.timeout(5):
        while store.looks < 2:  # noqa: ASYNC110 - the first fills the stream, the second finds it full
            await asyncio.sleep(0.001)

    for _ in range(20):
        bell.ring()
        await asyncio.sleep(0.001)

    assert store.looks == 2
    await relay.stop()
