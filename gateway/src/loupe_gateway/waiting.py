"""Waits for a service only as long as somebody waits for us, so that work nobody will see ends."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


async def while_connected(request: Request, answer: Awaitable[T]) -> T:
    """The answer of a call that only reads; the call is cancelled when the one who asked goes away.

    Args:
        request: Whose body was read or is empty.
        answer: What is waited for.

    Raises:
        ClientDisconnect: If he did.
    """
    waiting = asyncio.ensure_future(answer)
    leaving = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            raise ClientDisconnect
        return await waiting
    finally:
        leaving.cancel()
        waiting.cancel()
        await asyncio.gather(leaving, waiting, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
