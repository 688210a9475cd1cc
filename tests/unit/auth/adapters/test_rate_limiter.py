"""Limits counted in memory."""

from __future__ import annotations

from datetime import timedelta

from loupe_auth.adapters.rate_limiter import InProcessRateLimiter
from loupe_auth.domain.limits import Limit
from loupe_kit.testing import FakeClock

LIMIT = Limit("test", burst=3, refill=timedelta(seconds=10))


async def test_take__burst_then_one_each_refill(clock: FakeClock) -> None:
    limiter = InProcessRateLimiter(clock)

    assert [await limiter.take(LIMIT, "ada") for _ in range(4)] == [None, None, None, timedelta(seconds=10)]
    assert await limiter.take(LIMIT, "bo") is None
    clock.advance(timedelta(seconds=4))
    assert await limiter.take(LIMIT, "ada") == timedelta(seconds=6)
    clock.advance(timedelta(seconds=6))
    assert [await limiter.take(LIMIT, "ada") for _ in range(2)] == [None, timedelta(seconds=10)]


async def test_give_back__undoes_one_try(clock: FakeClock) -> None:
    limiter = InProcessRateLimiter(clock)
    for _ in range(3):
        await limiter.take(LIMIT, "ada")

    await limiter.give_back(LIMIT, "ada")
    await limiter.give_back(LIMIT, "nobody")

    assert await limiter.take(LIMIT, "ada") is None


async def test_take__keys_are_bounded(clock: FakeClock) -> None:
    limiter = InProcessRateLimiter(clock)

    for number in range(100_001):
        await limiter.take(LIMIT, str(number))

    assert len(limiter._whole_at) <= 50_001
