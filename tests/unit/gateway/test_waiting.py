"""Waiting for a service for as long as somebody waits for us."""

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from loupe_gateway.waiting import while_connected


def request_of(messages: "asyncio.Queue[dict[str, Any]]") -> Request:
    return Request({"type": "http", "method": "GET", "headers": []}, messages.get)


async def test_while_connected__the_answer() -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    assert await while_connected(request_of(messages), asyncio.sleep(0, "answer")) == "answer"


async def test_while_connected__what_the_service_says() -> None:
    async def refuse() -> None:
        raise LookupError("no such image")

    with pytest.raises(LookupError):
        await while_connected(request_of(asyncio.Queue()), refuse())


async def test_while_connected__ends_the_call_when_nobody_waits() -> None:
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    ended = asyncio.Event()

    async def work() -> None:
        messages.put_nowait({"type": "http.disconnect"})
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(ClientDisconnect):
        await while_connected(request_of(messages), work())

    assert ended.is_set()
