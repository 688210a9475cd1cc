"""A service with all four kinds of call, written by hand so that it needs no contract of its own.

What a request says decides what happens: "raise:known", "raise:unknown", "forward", "sleep", else an echo.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from loupe_kit.caller import current_caller
from loupe_kit.errors import AlreadyExists, FieldViolation
from loupe_kit.interceptors import current_request_id
from loupe_kit.rpc_policy import Access
from loupe_kit.server import Registration

SERVICE = "loupe.test.v1.EchoService"
KINDS = ("UnaryUnary", "UnaryStream", "StreamUnary", "StreamStream")
ACCESS = {
    **{f"/{SERVICE}/{kind}": Access.USER for kind in KINDS},
    f"/{SERVICE}/Public": Access.PUBLIC,
    f"/{SERVICE}/Internal": Access.SERVICE,
}


class NameTaken(AlreadyExists):
    """A known fault."""

    reason = "NAME_TAKEN"


class EchoServicer:
    """Echoes, fails and waits."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.forward_to: tuple[grpc.aio.Channel, str, Any] | None = None

    async def unary_unary(self, request: StringValue, context: Any) -> StringValue:
        return await self._answer(request.value)

    async def unary_stream(self, request: StringValue, context: Any) -> AsyncIterator[StringValue]:
        try:
            yield StringValue(value="first")
            yield await self._answer(request.value)
        finally:
            self.closed.set()

    async def stream_unary(self, requests: AsyncIterator[StringValue], context: Any) -> StringValue:
        last = ""
        async for request in requests:
            last = request.value
            await self._answer(last)
        return await self._answer(last)

    async def stream_stream(self, requests: AsyncIterator[StringValue], context: Any) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield await self._answer(request.value)

    async def _answer(self, text: str) -> StringValue:
        if text == "raise:known":
            raise NameTaken(
                "The name 'x' is taken; choose another.", fields=[FieldViolation("name", "must be new")], name="x"
            )
        if text == "raise:unknown":
            raise ZeroDivisionError("the database password is 1234")
        if text == "forward" and self.forward_to is not None:
            channel, what, metadata = self.forward_to
            await call(channel, "UnaryUnary", [what], metadata)
        if text == "sleep":
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        caller = current_caller()
        return StringValue(value=f"{text}|{caller.kind.value}|{caller.id}|{current_request_id()}")


def registration(servicer: EchoServicer | None = None, access: dict[str, Access] | None = None) -> Registration:
    """The service, with its access table or another one."""
    return Registration(_add, servicer or EchoServicer(), SERVICE, ACCESS if access is None else access)


def _add(servicer: EchoServicer, server: Any) -> None:
    messages: dict[str, Any] = {
        "request_deserializer": StringValue.FromString,
        "response_serializer": StringValue.SerializeToString,
    }
    handlers = {
        "UnaryUnary": grpc.unary_unary_rpc_method_handler(servicer.unary_unary, **messages),
        "UnaryStream": grpc.unary_stream_rpc_method_handler(servicer.unary_stream, **messages),
        "StreamUnary": grpc.stream_unary_rpc_method_handler(servicer.stream_unary, **messages),
        "StreamStream": grpc.stream_stream_rpc_method_handler(servicer.stream_stream, **messages),
        "Public": grpc.unary_unary_rpc_method_handler(servicer.unary_unary, **messages),
        "Internal": grpc.unary_unary_rpc_method_handler(servicer.unary_unary, **messages),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_registered_method_handlers(SERVICE, handlers)


async def call(channel: grpc.aio.Channel, kind: str, texts: list[str], metadata: Any = None) -> list[str]:
    """Call one of the methods and collect what comes back."""
    codec: dict[str, Any] = {
        "request_serializer": StringValue.SerializeToString,
        "response_deserializer": StringValue.FromString,
    }
    path = f"/{SERVICE}/{kind}"
    requests = [StringValue(value=text) for text in texts]
    if kind == "UnaryStream":
        return [r.value async for r in channel.unary_stream(path, **codec)(requests[0], metadata=metadata)]
    if kind == "StreamUnary":
        return [(await channel.stream_unary(path, **codec)(_each(requests), metadata=metadata)).value]
    if kind == "StreamStream":
        return [r.value async for r in channel.stream_stream(path, **codec)(_each(requests), metadata=metadata)]
    return [(await channel.unary_unary(path, **codec)(requests[0], metadata=metadata)).value]


async def _each(requests: list[StringValue]) -> AsyncIterator[StringValue]:
    for request in requests:
        yield request
