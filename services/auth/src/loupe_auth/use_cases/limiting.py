"""Turns a spent limit into the answer that says how long to wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from loupe_auth.domain.errors import TooManyAttempts
from loupe_auth.domain.limits import AnyLimit, Backoff
from loupe_auth.ports import RateLimiter


async def take(limiter: RateLimiter, action: str, limits: Sequence[tuple[AnyLimit, str]]) -> None:
    """Counts one try against each limit.

    Args:
        limiter: what counts.
        action: what is tried, for the error.
        limits: limit and key; an empty key is not counted, because it stands for everybody.

    Raises:
        TooManyAttempts: one of them is spent; none is then counted.
    """
    taken: list[tuple[AnyLimit, str]] = []
    for limit, key in limits:
        wait = await limiter.take(limit, key) if key else None
        if wait is not None:
            await give_back(limiter, taken)
            raise too_many(action, wait)
        taken.append((limit, key))


async def succeeded(limiter: RateLimiter, limits: Sequence[tuple[AnyLimit, str]]) -> None:
    """Undoes `take` after the right password; what waits ever longer begins anew."""
    for limit, key in limits:
        if isinstance(limit, Backoff):
            await limiter.forgive(limit, key)
        elif key:
            await limiter.give_back(limit, key)


async def give_back(limiter: RateLimiter, limits: Sequence[tuple[AnyLimit, str]]) -> None:
    """Undoes `take`: the try was no guess."""
    for limit, key in limits:
        if key:
            await limiter.give_back(limit, key)


def too_many(action: str, wait: timedelta) -> TooManyAttempts:
    """Returns the error that says how long to wait."""
    seconds = max(1, ceil(wait.total_seconds()))
    return TooManyAttempts(
        f"Too many attempts; try again in {seconds} s.", retry_after=timedelta(seconds=seconds), action=action
    )
