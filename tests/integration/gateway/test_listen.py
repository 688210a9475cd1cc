"""The gateway's socket."""

import socket

from loupe_gateway.bootstrap import listen


def test_listen__connections_send_at_once() -> None:
    with listen("127.0.0.1", 0, 5) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
