"""Where a call came from, by gRPC's name of the peer."""

from __future__ import annotations

from typing import Any

import pytest

from loupe_kit.call_origin import OriginReader


class Context:
    """What the reader asks of a gRPC context."""

    def __init__(self, peer: str, **metadata: str) -> None:
        self._peer = peer
        self._metadata = [(key.replace("_", "-"), value) for key, value in metadata.items()]

    def peer(self) -> str:
        return self._peer

    def invocation_metadata(self) -> Any:
        return self._metadata


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:10.0.0.1:5000", "10.0.0.1"),
        ("ipv6:%5B::1%5D:5000", "::1"),
        ("ipv6:[fe80::1%25eth0]:5000", "fe80::1"),
        ("unix:", ""),
        ("ipv4:nonsense", ""),
    ],
)
def test_read__address_of_the_peer(peer: str, address: str) -> None:
    context: Any = Context(peer)

    assert OriginReader().read(context).client_address == address


@pytest.mark.parametrize(("peer", "agent"), [("ipv4:127.0.0.1:5000", "browser"), ("ipv4:10.0.0.1:5000", "grpc")])
def test_read__program_of_the_client_by_a_trusted_gateway_alone(peer: str, agent: str) -> None:
    context: Any = Context(peer, x_forwarded_user_agent="browser", user_agent="grpc")

    assert OriginReader().read(context).user_agent == agent
