"""How calls travel: one channel, credentials on each call, retries where a repeat is safe."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from loupe_client import _errors

_Answer = TypeVar("_Answer")

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024
_RETRIES = 4
_FIRST_WAIT_SECONDS = 0.2


class Transport(Protocol):
    """Carries calls; tests pass their own."""

    def unary(self, call: Callable[..., _Answer], request: Message, *, timeout: float = 60.0) -> _Answer:
        """Returns the answer of a unary call.

        Raises:
            ApiError: what Loupe answered.
        """
        ...

    def upload(self, call: Callable[..., _Answer], requests: Callable[[], Iterator[Message]]) -> _Answer:
        """Returns the one answer to a stream of messages.

        Args:
            call: Of the stub.
            requests: Makes the messages, anew for each try.

        Raises:
            ApiError: what Loupe answered.
        """
        ...

    def stream(self, call: Callable[..., Iterable[_Answer]], request: Any) -> Iterator[_Answer]:
        """Yields the answers of a streaming call; `request` is a message or an iterator of messages.

        Raises:
            ApiError: what Loupe answered.
        """
        ...

    @property
    def channel(self) -> grpc.Channel:
        """For making stubs."""
        ...

    def close(self) -> None:
        """Ends every call and the connection."""
        ...


class GrpcTransport:
    """Calls over a gRPC channel.

    Args:
        target: `host:port`.
        token: Gives the access token or API key of the next call, or None for none.
        credentials: For TLS; None speaks plain text, which is for one machine or a trusted network only.
    """

    def __init__(
        self, target: str, token: Callable[[], str | None], credentials: grpc.ChannelCredentials | None = None
    ) -> None:
        options = [
            ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.keepalive_time_ms", 30_000),
        ]
        self._token = token
        self._channel = (
            grpc.secure_channel(target, credentials, options) if credentials else grpc.insecure_channel(target, options)
        )

    @property
    def channel(self) -> grpc.Channel:
        """For making stubs."""
        return self._channel

    def unary(self, call: Callable[..., _Answer], request: Message, *, timeout: float = 60.0) -> _Answer:
        """See `Transport`. Every mutating request carries a request id, so a repeat is safe."""
        return self._repeated(lambda: call(request, timeout=timeout, metadata=self._metadata()))

    def upload(self, call: Callable[..., _Answer], requests: Callable[[], Iterator[Message]]) -> _Answer:
        """See `Transport`. The first message carries a request id, so a repeat is safe. It takes the time it needs."""
        return self._repeated(lambda: call(requests(), metadata=self._metadata()))

    def _repeated(self, call: Callable[[], _Answer]) -> _Answer:
        for attempt in range(_RETRIES + 1):
            try:
                return call()
            except grpc.RpcError as error:
                if attempt == _RETRIES or not _errors.is_unavailable(error):
                    raise _errors.from_rpc(error) from error
                time.sleep(_FIRST_WAIT_SECONDS * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries
        raise AssertionError("the loop returns or raises")

    def stream(self, call: Callable[..., Iterable[_Answer]], request: Any) -> Iterator[_Answer]:
        """See `Transport`. Streams are not repeated: who reads them knows where they broke off."""
        try:
            yield from call(request, metadata=self._metadata())
        except grpc.RpcError as error:
            raise _errors.from_rpc(error) from error

    def close(self) -> None:
        """Ends every call and the connection."""
        self._channel.close()

    def _metadata(self) -> tuple[tuple[str, str], ...]:
        token = self._token()
        return (("authorization", f"Bearer {token}"),) if token else ()
