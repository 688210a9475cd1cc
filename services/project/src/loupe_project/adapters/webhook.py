"""Posts to addresses that people give, and to none that belong to the machine or the cloud it runs in.

The standard library's client, because the address that was checked has to be the one that is connected to: a name that
is resolved twice may mean another machine the second time.
"""

import asyncio
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from loupe_project.ports.drift_watch import WebhookFailed

_SECONDS = 5.0
"""For connecting, and for each wait on the wire."""
_TOTAL_SECONDS = 30.0
_PORTS = {"http": 80, "https": 443}
_METADATA = frozenset(
    ipaddress.ip_address(one)
    for one in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
"""Where clouds tell machines their secrets; some of them lie in ordinary ranges."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class HttpWebhook:
    """See the port `Webhook`.

    Redirects are not followed, proxies of the environment are not used, and of an answer only the status counts.

    Args:
        allows_loopback: Whether this machine itself may be posted to; for tests.
    """

    def __init__(self, *, allows_loopback: bool = False) -> None:
        self._allows_loopback = allows_loopback

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """See the port."""
        try:
            async with asyncio.timeout(_TOTAL_SECONDS):
                status = await asyncio.to_thread(self._post, urlsplit(url), body, headers)
        except (TimeoutError, ssl.SSLError, OSError, http.client.HTTPException, ValueError) as error:
            raise WebhookFailed(f"The webhook cannot be reached: {_told(error)}.") from error
        if not 200 <= status < 300:
            raise WebhookFailed(f"The webhook answered HTTP {status}.")
        return f"HTTP {status}"

    def _post(self, url: SplitResult, body: bytes, headers: Mapping[str, str]) -> int:
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        plain = socket.create_connection((self._resolved(host, port), port), timeout=_SECONDS)
        try:
            connection.sock = _secured(plain, host) if url.scheme == "https" else plain
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            fixed = {"Content-Type": "application/json", "User-Agent": "Loupe", "Host": url.netloc}
            connection.request("POST", path, body=body, headers=fixed | dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()
            plain.close()

    def _resolved(self, host: str, port: int) -> str:
        """The address to connect to: the first of the name's, when all of them may be.

        Raises:
            WebhookFailed: If one of them may not.
            OSError: If the name cannot be resolved.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]).partition("%")[0] for one in found]
        for one in addresses:
            if not self._is_allowed(ipaddress.ip_address(one)):
                raise WebhookFailed(
                    f"{host!r} lies at {one}, where Loupe sends nothing: addresses of the machine itself, link-local "
                    "ones and those of cloud metadata are closed. Give that of a receiver in the plant's network."
                )
        return addresses[0]

    def _is_allowed(self, address: _Address) -> bool:
        address = _inner(address)
        if address.is_loopback:
            return self._allows_loopback
        return not (
            address in _METADATA
            or address.is_link_local
            or address.is_multicast
            or address.is_unspecified
            or address.is_reserved
        )


def _inner(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _secured(plain: socket.socket, host: str) -> Any:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _told(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return (str(error) or type(error).__name__)[:200]
