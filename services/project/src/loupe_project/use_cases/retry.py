"""Doing a transaction again that lost against another one."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from loupe_project.ports.store import StoreConflict

T = TypeVar("T")

_ATTEMPTS = 5


async def retry_conflicts(transaction: Callable[[], Awaitable[T]]) -> T:
    """Result of `transaction`, which opens, commits and may be done again as a whole.

    Raises:
        StoreConflict: If it lost five times.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return await transaction()
        except StoreConflict:
            await asyncio.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - spreads repeats, keeps no secret
    return await transaction()
