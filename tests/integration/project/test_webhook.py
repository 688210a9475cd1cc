"""Alerts over HTTP to a real receiver, and addresses that nothing is sent to."""

import asyncio
import hashlib
import hmac
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from loupe_project.adapters.webhook import HttpWebhook
from loupe_project.ports.drift_watch import WebhookFailed
from loupe_project.use_cases.tell_of_drift import signature


@dataclass
class Receiver:
    """Answers what a test wants."""

    port: int = 0
    status: int = 204
    location: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/loupe?key=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.status)
            if told.location:
                self.send_header("Location", told.location)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


async def test_post__arrives_as_it_was_signed(receiver: Receiver) -> None:
    body = '{"sentence_ko": "확인 필요"}'.encode()
    signed = signature("0123456789abcdef", 1_700_000_000, body)

    answer = await HttpWebhook(allows_loopback=True).post(receiver.url, body, {"X-Loupe-Signature": signed})

    assert answer == "HTTP 204"
    ((path, headers, arrived),) = receiver.requests
    assert (path, arrived, headers["content-type"]) == ("/hooks/loupe?key=1", body, "application/json")
    digest = hmac.new(b"0123456789abcdef", b"1700000000." + arrived, hashlib.sha256).hexdigest()
    assert headers["x-loupe-signature"] == f"t=1700000000,v1={digest}"


@pytest.mark.parametrize(("status", "location"), [(500, ""), (404, ""), (302, "http://127.0.0.1:1/")])
async def test_post__anything_but_success_is_a_failure(receiver: Receiver, status: int, location: str) -> None:
    receiver.status, receiver.location = status, location

    with pytest.raises(WebhookFailed, match=f"HTTP {status}"):
        await HttpWebhook(allows_loopback=True).post(receiver.url, b"{}", {})

    assert len(receiver.requests) == 1


async def test_post__this_machine_is_closed(receiver: Receiver) -> None:
    with pytest.raises(WebhookFailed, match="sends nothing"):
        await HttpWebhook().post(receiver.url, b"{}", {})

    assert receiver.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "169.254.169.254",
        "169.254.0.7",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "64:ff9b::a9fe:a9fe",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
async def test_post__closed_addresses(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolved(*_: Any, **__: Any) -> list[Any]:
        ordinary = ("10.0.0.7", 443)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in (ordinary, (address, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)

    with pytest.raises(WebhookFailed, match="sends nothing"):
        await HttpWebhook().post("https://hooks.example/", b"{}", {})


async def test_post__nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(WebhookFailed, match="cannot be reached"):
            await asyncio.wait_for(HttpWebhook(allows_loopback=True).post(f"http://127.0.0.1:{port}/", b"", {}), 60)
