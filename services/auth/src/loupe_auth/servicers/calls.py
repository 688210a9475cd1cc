"""What every servicer needs: who calls from where, and how a change is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from loupe_auth.domain.audit import CallInfo
from loupe_auth.domain.calls import Call
from loupe_auth.ports import Transaction
from loupe_kit.call_origin import Network, OriginReader
from loupe_kit.caller import Caller, current_caller
from loupe_kit.clock import Clock
from loupe_kit.interceptors import current_request_id

R = TypeVar("R", bound=Message)
Context = grpc.aio.ServicerContext[Any, Any]


class Once(Protocol):
    """Runs a change once for each request id."""

    async def change(
        self,
        caller: Caller,
        method: str,
        request: Message,
        handler: Callable[[Transaction], Awaitable[R]],
        response_type: type[R],
    ) -> R:
        """Runs `handler` in a transaction and commits it, or returns the first answer to this request."""
        ...

    async def first_answer(self, caller: Caller, method: str, request: Message, response_type: type[R]) -> R | None:
        """Returns the first answer to this request, or None when it is new."""
        ...


class CallReader:
    """Reads from a gRPC context where a call came from.

    Args:
        clock: dates the call.
        trusted_proxies: networks of the gateway, whose word on its client's address counts.
    """

    def __init__(self, clock: Clock, trusted_proxies: Sequence[Network]) -> None:
        self._clock = clock
        self._origins = OriginReader(trusted_proxies)

    def read(self, context: Context) -> Call:
        """Returns the call that is being answered."""
        origin = self._origins.read(context)
        info = CallInfo(origin.client_address, origin.user_agent, current_request_id())
        return Call(caller=current_caller(), info=info, now=self._clock.now())
