"""Channels to other services: limits, keep-alive, and metadata that every call carries."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
from opentelemetry import propagate

from loupe_kit.first_status import FirstStatus
from loupe_kit.interceptors.request_id import HEADER as REQUEST_ID_HEADER
from loupe_kit.interceptors.request_id import current_request_id

MAX_MESSAGE_BYTES = 16 << 20

TokenProvider = Callable[[], str]

CHANNEL_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    # A name may stand for many replicas: calls go round, connections last.
    ("grpc.lb_policy_name", "round_robin"),
)
"""Limits and keep-alive of every channel."""


def open_channel(
    target: str, service_token_provider: TokenProvider | None = None, *, service_config: str | None = None
) -> grpc.aio.Channel:
    """A channel that lives as long as the process; close it at the end.

    Calls carry the id of the request they are made for and the trace. With a token provider they also say
    which service they come from; the caller's own token is never passed on.

    Args:
        target: `host:port` or `unix:/path`.
        service_token_provider: Gives a fresh service token, for each call.
        service_config: gRPC service config as JSON: time-outs and retries of the contract.
    """
    options = list(CHANNEL_OPTIONS)
    if service_config is not None:
        options.append(("grpc.service_config", service_config))
    add = _MetadataAdder(service_token_provider)
    interceptors = [_UnaryUnary(add), _UnaryStream(add), _StreamUnary(add), _StreamStream(add)]
    return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)


class _MetadataAdder:
    """Adds what every call carries."""

    def __init__(self, token_provider: TokenProvider | None) -> None:
        self._token_provider = token_provider

    def __call__(self, details: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        if current_request_id():
            carrier[REQUEST_ID_HEADER] = current_request_id()
        if self._token_provider is not None:
            carrier["authorization"] = f"Bearer {self._token_provider()}"
        for key, value in carrier.items():
            if metadata.get(key) is None:
                metadata.add(key, value)
        return details._replace(metadata=metadata)


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, add: _MetadataAdder) -> None:
        self._add = add

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._add(client_call_details), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, add: _MetadataAdder) -> None:
        self._add = add

    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._add(client_call_details), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, add: _MetadataAdder) -> None:
        self._add = add

    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(self._add(client_call_details), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, add: _MetadataAdder) -> None:
        self._add = add

    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        call = await continuation(self._add(client_call_details), request_iterator)
        return _responses(call, FirstStatus(call))


async def _responses(call: Any, first_status: FirstStatus) -> AsyncIterator[Any]:
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as error:
        raise first_status.of(error) from None
