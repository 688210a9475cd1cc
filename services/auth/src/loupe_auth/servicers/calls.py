"""What every servicer needs: who calls from where, and how a change is run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

import grpc
from google.protobuf.message import Message

from loupe_auth.domain.audit import CallInfo
from loupe_auth.domain.calls import Call
from loupe_auth.ports import Transaction
from loupe_kit.caller import Caller, current_caller
from loupe_kit.clock import Clock
from loupe_kit.interceptors import current_request_id

R = TypeVar("R", bound=Message)
Context = grpc.aio.ServicerContext[Any, Any]
Network = IPv4Network | IPv6Network


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
        self._trusted = trusted_proxies

    def read(self, context: Context) -> Call:
        """Returns the call that is being answered."""
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        peer = peer_address(context.peer())
        is_trusted = self._is_trusted(peer)
        forwarded = metadata.get("x-forwarded-for", "").rpartition(",")[2].strip() if is_trusted else ""
        agent = (metadata.get("x-forwarded-user-agent", "") if is_trusted else "") or metadata.get("user-agent", "")
        info = CallInfo(client_address=(forwarded or peer)[:100], user_agent=agent[:200], call_id=current_request_id())
        return Call(caller=current_caller(), info=info, now=self._clock.now())

    def _is_trusted(self, peer: str) -> bool:
        if not peer:
            # A Unix socket: whoever may open it is on this machine.
            return True
        address = ip_address(peer)
        return any(address in network for network in self._trusted if network.version == address.version)


def peer_address(peer: str) -> str:
    """Returns the address in gRPC's name of a peer (`ipv4:10.0.0.1:5000`), empty where it has none."""
    kind, _, rest = unquote(peer).partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return ""
    text = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
