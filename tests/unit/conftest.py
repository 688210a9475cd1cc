"""Unit tests reach nothing outside their process: what they need from there is a fake."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_within_machine(sock: socket.socket, address: str) -> None:
        if sock.family != socket.AF_UNIX:
            raise AssertionError(f"a unit test connects to {address}; give it a fake, or move it to tests/integration")
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", connect_within_machine)
