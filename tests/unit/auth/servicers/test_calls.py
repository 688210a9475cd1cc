"""Where a call came from."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from loupe_auth.servicers.calls import CallReader
from loupe_kit.testing import FakeClock


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
        ("ipv4:127.0.0.1:5000", "203.0.113.7"),
        ("unix:", "203.0.113.7"),
        ("ipv4:198.51.100.4:5000", "198.51.100.4"),
        ("ipv6:[2001:db8::1]:5000", "2001:db8::1"),
    ],
)
def test_read__only_the_gateway_is_believed(clock: FakeClock, peer: str, address: str) -> None:
    reader = CallReader(clock, [ip_network("127.0.0.0/8")])
    context: Any = Context(peer, x_forwarded_for="192.0.2.1, 203.0.113.7", user_agent="a" * 300)

    call = reader.read(context)

    assert call.info.client_address == address
    assert len(call.info.user_agent) == 200
    assert call.now == clock.now()
