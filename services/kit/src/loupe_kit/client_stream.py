"""What a client streams, with an end that is the client's own.

When a client goes away or gives a call up, grpc.aio (1.85) mostly ends the server's iterator of requests as if all had
been sent, and cancels the call some turns of the event loop later (5 ms at most in 1,500 calls). A file whose end is
the end of the stream would pass for whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

M = TypeVar("M")

_CANCELLED_WITHIN_SECONDS = 0.05


async def whole(requests: AsyncIterator[M]) -> AsyncIterator[M]:
    """Yields the requests; ends only when no cancellation follows their end."""
    async for request in requests:
        yield request
    await asyncio.sleep(_CANCELLED_WITHIN_SECONDS)
