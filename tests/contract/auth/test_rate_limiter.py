"""What every limiter must do; the suite runs against the one in memory and the one in Redis."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from redis.exceptions import RedisError

from loupe_auth.adapters import redis
from loupe_auth.adapters.rate_limiter import InProcessRateLimiter
from loupe_auth.adapters.redis import RedisRateLimiter
from loupe_auth.domain.limits import Backoff, Limit
from loupe_auth.ports import RateLimiter
from loupe_kit.clock import SystemClock
from loupe_kit.testing import FakeClock

REDIS_URL = os.environ.get("LOUPE_TEST_REDIS_URL", "redis://127.0.0.1:6379")
LIMIT = Limit("test", burst=3, refill=timedelta(seconds=1.2))
BACKOFF = Backoff("test_backoff", free=2, first=timedelta(seconds=0.9), longest=timedelta(seconds=2.7))
Later = Callable[[float], Awaitable[None]]


@pytest.fixture
def key() -> str:
    return f"ada {uuid.uuid4()}"


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.cluster)])
async def limiter_and_time(request: pytest.FixtureRequest) -> AsyncIterator[tuple[RateLimiter, Later]]:
    """A limiter, and how to let time go by."""
    if request.param == "memory":
        clock = FakeClock()

        async def advance(seconds: float) -> None:
            clock.advance(timedelta(seconds=seconds))

        yield InProcessRateLimiter(clock), advance
        return
    client = redis.connect(REDIS_URL)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        pytest.skip(f"no Redis at {REDIS_URL}, so this half of the suite proves nothing here: {error}")
    limiter = RedisRateLimiter(client, InProcessRateLimiter(SystemClock()))
    yield limiter, asyncio.sleep
    await limiter.close()


@pytest.fixture
def limiter(limiter_and_time: tuple[RateLimiter, Later]) -> RateLimiter:
    return limiter_and_time[0]


@pytest.fixture
def later(limiter_and_time: tuple[RateLimiter, Later]) -> Later:
    return limiter_and_time[1]


async def test_limit__burst_then_one_each_refill(limiter: RateLimiter, later: Later, key: str) -> None:
    assert [await limiter.take(LIMIT, key) for _ in range(3)] == [None, None, None]
    wait = await limiter.take(LIMIT, key)
    assert wait is not None
    assert timedelta(0) < wait <= LIMIT.refill
    assert await limiter.take(LIMIT, f"another {key}") is None

    await later(1.21)

    assert await limiter.take(LIMIT, key) is None


async def test_limit__what_is_given_back_is_not_counted(limiter: RateLimiter, key: str) -> None:
    for _ in range(3):
        await limiter.take(LIMIT, key)

    await limiter.give_back(LIMIT, key)
    await limiter.give_back(LIMIT, f"nobody {key}")

    assert await limiter.take(LIMIT, key) is None
    assert await limiter.take(LIMIT, key) is not None


async def test_limit__tries_at_once_are_counted(limiter: RateLimiter, key: str) -> None:
    waits = await asyncio.gather(*(limiter.take(LIMIT, key) for _ in range(20)))

    assert waits.count(None) == 3


async def test_backoff__each_wait_is_longer_up_to_the_longest(limiter: RateLimiter, later: Later, key: str) -> None:
    waits: list[float] = []
    for _ in range(6):
        wait = await limiter.take(BACKOFF, key)
        waits.append(wait.total_seconds() if wait else 0.0)
        if wait:
            await later(wait.total_seconds() + 0.01)
            assert await limiter.take(BACKOFF, key) is None

    assert waits == pytest.approx([0, 0, 0.9, 1.8, 2.7, 2.7], abs=0.4)


async def test_backoff__is_forgiven_by_success_and_by_time(limiter: RateLimiter, later: Later, key: str) -> None:
    async def spend() -> None:
        for _ in range(3):
            await limiter.take(BACKOFF, key)
        assert await limiter.take(BACKOFF, key) is not None

    await spend()
    await limiter.forgive(BACKOFF, key)
    await spend()
    await later(5.7)
    await spend()


async def test_backoff__what_is_given_back_is_not_counted(limiter: RateLimiter, key: str) -> None:
    for _ in range(2):
        await limiter.take(BACKOFF, key)

    await limiter.give_back(BACKOFF, key)
    await limiter.give_back(BACKOFF, f"nobody {key}")

    assert await limiter.take(BACKOFF, key) is None
    assert await limiter.take(BACKOFF, key) is not None


async def test_backoff__tries_at_once_are_counted(limiter: RateLimiter, key: str) -> None:
    waits = await asyncio.gather(*(limiter.take(BACKOFF, key) for _ in range(20)))

    assert waits.count(None) == 2


async def test_redis__while_it_is_away_each_replica_counts_for_itself(key: str) -> None:
    limiter = RedisRateLimiter(redis.connect("redis://127.0.0.1:1"), InProcessRateLimiter(FakeClock()))

    waits = [await limiter.take(BACKOFF, key) for _ in range(3)]
    await limiter.forgive(BACKOFF, key)
    await limiter.give_back(LIMIT, key)

    assert waits == [None, None, BACKOFF.first]
    assert await limiter.take(BACKOFF, key) is None
    await limiter.close()
