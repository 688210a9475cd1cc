"""A client that gives its stream up is not taken for one that has sent everything."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc

from loupe_kit import client_stream

_CALLS = 100
_METHOD = "/test.Streams/Send"


class _Streams(grpc.GenericRpcHandler):
    def __init__(self) -> None:
        self.began, self.is_over = asyncio.Event(), asyncio.Event()
        self.taken_for_whole = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.stream_stream_rpc_method_handler(self._send)

    async def _send(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        try:
            async for request in client_stream.whole(requests):
                self.began.set()
                yield request
            self.taken_for_whole += 1
        finally:
            self.is_over.set()


async def test_whole__ends_with_the_call_when_the_client_gives_up() -> None:
    streams, server = _Streams(), grpc.aio.server()
    server.add_generic_rpc_handlers((streams,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        start: Any = channel.stream_stream
        for _ in range(_CALLS):
            streams.began.clear()
            streams.is_over.clear()
            call = start(_METHOD)()
            await call.write(b"a")
            await streams.began.wait()
            call.cancel()
            await asyncio.wait_for(streams.is_over.wait(), 60)
    await server.stop(None)

    assert streams.taken_for_whole == 0


async def test_whole__passes_on_what_was_sent() -> None:
    assert [letter async for letter in client_stream.whole(_letters())] == ["a", "b"]


async def _letters() -> AsyncIterator[str]:
    yield "a"
    yield "b"
