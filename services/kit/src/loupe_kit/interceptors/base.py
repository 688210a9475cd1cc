"""The shared base: an interceptor is one context manager around the call, whatever kind the call is."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from loupe_kit.errors import Code, LoupeError

Around = Callable[["ServerCall"], AbstractAsyncContextManager[None]]
Context = grpc.aio.ServicerContext[Any, Any]
if TYPE_CHECKING:
    # Generic for type checkers only.
    Handler = grpc.RpcMethodHandler[Any, Any]
else:
    Handler = grpc.RpcMethodHandler


@dataclass(frozen=True, slots=True)
class ServerCall:
    """The call that is being served."""

    method: str
    """Full method name, `/package.Service/Method`."""
    is_unary: bool
    """Whether both sides send one message."""
    context: Context

    def metadata(self, key: str) -> str | None:
        """First text value that the client sent under `key`, or None."""
        for name, value in self.context.invocation_metadata() or ():
            if name == key and isinstance(value, str):
                return value
        return None


class AroundInterceptor(grpc.aio.ServerInterceptor, ABC):
    """Wraps `around` about every call.

    Code before its `yield` runs before the servicer, code after it when the last message is out. Streamed
    responses are written by the same task that serves the call, so context variables set before `yield`
    hold for the whole call, and a generator is closed as soon as its client leaves.
    """

    @abstractmethod
    def around(self, call: ServerCall) -> AbstractAsyncContextManager[None]:
        """Context manager for one call; write it with `asynccontextmanager`."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """See `grpc.aio.ServerInterceptor`."""
        handler = await continuation(handler_call_details)
        if handler is None:
            # Nobody serves this method; the library answers UNIMPLEMENTED.
            return None
        return _wrapped(handler, handler_call_details.method, self.around)


def outcome(error: BaseException, call: ServerCall) -> tuple[str, str]:
    """Name of the status code, and the reason, that a call ends with when it raises."""
    if isinstance(error, LoupeError):
        return error.code.name, error.reason
    if isinstance(error, grpc.aio.AbortError):
        # Library servicers, such as health, abort by themselves.
        return _name(call.context.code()), ""
    if isinstance(error, Exception):
        return Code.INTERNAL.name, Code.INTERNAL.name
    return Code.CANCELLED.name, Code.CANCELLED.name


def _name(code: grpc.StatusCode | int) -> str:
    # The stubs say StatusCode; what comes is its number.
    return code.name if isinstance(code, grpc.StatusCode) else Code(code).name


def _wrapped(handler: Handler, method: str, around: Around) -> Handler:
    is_unary = not handler.request_streaming and not handler.response_streaming
    inner: Any = _behaviour(handler)

    async def one_response(request: Any, context: Context) -> Any:
        async with around(ServerCall(method, is_unary, context)):
            return await inner(request, context)

    async def many_responses(request: Any, context: Context) -> None:
        async with around(ServerCall(method, is_unary, context)):
            await _write_all(inner(request, context), context)

    make: Any = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    behaviour = many_responses if handler.response_streaming else one_response
    wrapped: Handler = make(behaviour, handler.request_deserializer, handler.response_serializer)
    return wrapped


def _behaviour(handler: Handler) -> Any:
    return handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream


async def _write_all(responses: AsyncGenerator[Any, None] | Awaitable[None], context: Context) -> None:
    """Send what a generator gives; a coroutine writes by itself."""
    if isinstance(responses, Awaitable):
        await responses
        return
    async with aclosing(responses):
        async for response in responses:
            await context.write(response)
