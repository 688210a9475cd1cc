"""What every job queue does. A further adapter joins by a row in `QUEUES`."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from loupe_kit.errors import Unavailable
from loupe_kit.queue import Delivery, InProcessQueue, JobQueue, QueueFull
from loupe_kit.queue.redis_streams import RedisStreamsQueue
from tests.contract.ports import servers

LEASE = timedelta(seconds=1)
NOW = timedelta(0)
SOON = timedelta(seconds=60)
STREAM = "analysis.efficientnet-lite0"
CAPACITY = 50


@asynccontextmanager
async def in_process() -> AsyncIterator[JobQueue]:
    yield InProcessQueue(lease=LEASE, capacity=CAPACITY)


@asynccontextmanager
async def redis_streams() -> AsyncIterator[JobQueue]:
    async with servers.redis_prefix() as (url, prefix):
        opened = RedisStreamsQueue(url, lease=LEASE, capacity=CAPACITY, prefix=prefix)
        yield opened
        await opened.close()


QUEUES: list[Callable[[], AbstractAsyncContextManager[JobQueue]]] = [in_process, redis_streams]
CHOSEN = [
    pytest.param(make, marks=() if make is in_process else pytest.mark.cluster, id=make.__name__) for make in QUEUES
]
"""Each opens an empty queue with leases of `LEASE` and room for `CAPACITY` jobs in a stream."""


@pytest.fixture(params=CHOSEN)
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[JobQueue]:
    async with request.param() as opened:
        yield opened


def payloads(deliveries: list[Delivery]) -> list[bytes]:
    return [delivery.payload for delivery in deliveries]


def ids(deliveries: list[Delivery]) -> list[str]:
    return [delivery.id for delivery in deliveries]


async def lease_over() -> None:
    await asyncio.sleep(LEASE.total_seconds() + 0.1)


async def test_claim__in_order_and_once(queue: JobQueue) -> None:
    published = await queue.publish(STREAM, [b"a", b"b", b"c"])
    first = await queue.claim(STREAM, "one", 2, NOW)
    second = await queue.claim(STREAM, "two", 2, NOW)
    assert payloads(first + second) == [b"a", b"b", b"c"]
    assert ids(first + second) == published
    assert {delivery.attempt for delivery in first + second} == {1}
    assert await queue.claim(STREAM, "one", 2, NOW) == []


async def test_streams__are_apart(queue: JobQueue) -> None:
    await queue.publish("one", [b"a"])
    assert await queue.claim("two", "c", 1, NOW) == []
    assert await queue.depth("one") == 1
    assert await queue.depth("two") == 0


async def test_publish__nothing(queue: JobQueue) -> None:
    assert await queue.publish(STREAM, []) == []
    assert await queue.depth(STREAM) == 0


async def test_publish__no_room_for_all_takes_none(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"x"] * (CAPACITY - 1))
    with pytest.raises(QueueFull):
        await queue.publish(STREAM, [b"y", b"y"])
    assert await queue.depth(STREAM) == CAPACITY - 1
    await queue.publish(STREAM, [b"z"])


async def test_claim__waits_for_a_publish(queue: JobQueue) -> None:
    waiting = asyncio.create_task(queue.claim(STREAM, "one", 10, SOON))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await queue.publish(STREAM, [b"a"])
    async with asyncio.timeout(30):
        assert payloads(await waiting) == [b"a"]


async def test_claim__gives_up(queue: JobQueue) -> None:
    start = asyncio.get_running_loop().time()
    assert await queue.claim(STREAM, "one", 10, timedelta(seconds=0.2)) == []
    assert 0.15 < asyncio.get_running_loop().time() - start < 30


async def test_claim__many_waiting_each_job_once(queue: JobQueue) -> None:
    tasks = [asyncio.create_task(queue.claim(STREAM, f"c{n}", 1, SOON)) for n in range(5)]
    await asyncio.sleep(0.05)
    await queue.publish(STREAM, [b"0", b"1", b"2", b"3", b"4"])
    async with asyncio.timeout(30):
        taken = [delivery for task in tasks for delivery in await task]
    assert sorted(payloads(taken)) == [b"0", b"1", b"2", b"3", b"4"]


async def test_claim__cancelled_takes_nothing(queue: JobQueue) -> None:
    waiting = asyncio.create_task(queue.claim(STREAM, "one", 1, SOON))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await queue.publish(STREAM, [b"a"])
    assert payloads(await queue.claim(STREAM, "two", 1, NOW)) == [b"a"]


async def test_ack__is_forgotten(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a", b"b"])
    taken = await queue.claim(STREAM, "one", 2, NOW)
    await queue.ack(STREAM, ids(taken[:1]))
    assert await queue.depth(STREAM) == 1
    await lease_over()
    assert payloads(await queue.claim(STREAM, "two", 5, NOW)) == [b"b"]


async def test_ack__unknown_or_twice(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a"])
    taken = await queue.claim(STREAM, "one", 1, NOW)
    await queue.ack(STREAM, ids(taken))
    await queue.ack(STREAM, [*ids(taken), "999999-0"])
    assert await queue.depth(STREAM) == 0


async def test_lease_over__given_to_the_next_before_new_jobs(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a", b"b"])
    first = await queue.claim(STREAM, "one", 2, NOW)
    await queue.publish(STREAM, [b"c"])
    await lease_over()
    second = await queue.claim(STREAM, "two", 5, NOW)
    assert payloads(second)[:2] == [b"a", b"b"]
    assert [delivery.attempt for delivery in second[:2]] == [2, 2]
    assert ids(second)[:2] == ids(first)


async def test_lease_over__waiting_claim_wakes(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a"])
    await queue.claim(STREAM, "one", 1, NOW)
    async with asyncio.timeout(30):
        again = await queue.claim(STREAM, "two", 1, SOON)
    assert [(delivery.payload, delivery.attempt) for delivery in again] == [(b"a", 2)]


async def test_lease_over__late_ack_counts(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a"])
    taken = await queue.claim(STREAM, "one", 1, NOW)
    await lease_over()
    assert payloads(await queue.claim(STREAM, "two", 1, NOW)) == [b"a"]
    await queue.ack(STREAM, ids(taken))
    assert await queue.depth(STREAM) == 0


async def test_extend__keeps_the_claim(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a", b"b"])
    taken = await queue.claim(STREAM, "one", 2, NOW)
    for _ in range(3):
        await asyncio.sleep(LEASE.total_seconds() / 2)
        assert await queue.extend(STREAM, "one", ids(taken)) == ids(taken)
    assert await queue.claim(STREAM, "two", 5, NOW) == []


async def test_extend__what_others_hold_now_is_left_out(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a", b"b"])
    taken = await queue.claim(STREAM, "one", 2, NOW)
    await lease_over()
    await queue.claim(STREAM, "two", 1, NOW)
    held = await queue.extend(STREAM, "one", ids(taken))
    assert ids(taken)[0] not in held


async def test_depth__waiting_and_claimed(queue: JobQueue) -> None:
    await queue.publish(STREAM, [b"a", b"b", b"c"])
    await queue.claim(STREAM, "one", 1, NOW)
    assert await queue.depth(STREAM) == 3


@pytest.mark.cluster
async def test_redis__wiped_in_the_middle_goes_on() -> None:
    async with servers.redis_prefix() as (url, prefix):
        queue = RedisStreamsQueue(url, lease=LEASE, prefix=prefix)
        await queue.publish(STREAM, [b"a", b"b"])
        taken = await queue.claim(STREAM, "one", 1, NOW)
        waiting = asyncio.create_task(queue.claim("other", "one", 1, SOON))
        async with Redis.from_url(url) as client:
            await client.delete(f"{prefix}{STREAM}", f"{prefix}other")

        assert await queue.extend(STREAM, "one", ids(taken)) == []
        await queue.ack(STREAM, ids(taken))
        assert await queue.depth(STREAM) == 0
        await queue.publish("other", [b"c"])
        await queue.publish(STREAM, [b"a", b"b"])

        assert payloads(await waiting) == [b"c"]
        assert payloads(await queue.claim(STREAM, "two", 5, NOW)) == [b"a", b"b"]
        await queue.close()


@pytest.mark.cluster
async def test_redis__measures_how_long_jobs_waited() -> None:
    async with redis_streams() as queue:
        stream = f"waited-{uuid.uuid4().hex}"
        await queue.publish(stream, [b"a", b"b"])
        await queue.claim(stream, "w1", 10, NOW)

    assert REGISTRY.get_sample_value("loupe_queue_wait_seconds_count", {"stream": stream}) == 2.0


@pytest.mark.cluster
async def test_redis__two_processes_share_a_stream() -> None:
    async with servers.redis_prefix() as (url, prefix):
        queues = [RedisStreamsQueue(url, prefix=prefix) for _ in range(2)]
        sent = [str(number).encode() for number in range(40)]
        await queues[0].publish(STREAM, sent)
        taken = await asyncio.gather(*(queue.claim(STREAM, f"c{at}", 20, SOON) for at, queue in enumerate(queues)))
        assert sorted(payloads(taken[0] + taken[1])) == sorted(sent)
        for queue in queues:
            await queue.close()


async def test_redis__away_says_which_setting_to_check() -> None:
    queue = RedisStreamsQueue("redis://127.0.0.1:1/0")
    with pytest.raises(Unavailable, match="LOUPE_REDIS_URL"):
        await queue.depth(STREAM)
    await queue.close()
