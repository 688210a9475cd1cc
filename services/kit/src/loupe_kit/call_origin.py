"""Where a call came from: the client's address and program, seen through the gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from urllib.parse import unquote

import grpc

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """Where a call came from, as far as known."""

    client_address: str = ""
    """IP address, at most 100 characters."""
    user_agent: str = ""
    """The client's program, at most 200 characters."""


class OriginReader:
    """Reads it from a gRPC context.

    Args:
        trusted_proxies: Networks of the gateway, whose word on its client counts.
    """

    def __init__(self, trusted_proxies: Sequence[Network] = LOOPBACK) -> None:
        self._trusted = trusted_proxies

    def read(self, context: grpc.aio.ServicerContext[Any, Any]) -> CallOrigin:
        """Origin of the call that is being served."""
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        peer = _address(context.peer())
        is_trusted = self._is_trusted(peer)
        # The last entry is the one that the trusted proxy added itself.
        address = metadata.get("x-forwarded-for", "").rpartition(",")[2].strip() if is_trusted else ""
        agent = metadata.get("x-forwarded-user-agent", "") if is_trusted else ""
        return CallOrigin((address or peer)[:100], (agent or metadata.get("user-agent", ""))[:200])

    def _is_trusted(self, peer: str) -> bool:
        if not peer:
            # A Unix socket: whoever may open it is on this machine.
            return True
        address = ip_address(peer)
        return any(address in network for network in self._trusted if network.version == address.version)


def _address(peer: str) -> str:
    """The address in gRPC's name of a peer (`ipv4:10.0.0.1:5000`), empty where it has none."""
    kind, _, rest = unquote(peer).partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return ""
    text = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
