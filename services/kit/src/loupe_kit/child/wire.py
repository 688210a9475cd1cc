"""Python objects over a socket. Large buffers (arrays) travel beside the pickle, without being copied into it."""

import pickle
import socket
import struct
from typing import Any

_COUNT = struct.Struct("!I")
_LENGTH = struct.Struct("!Q")
_MAX_BUFFERS = 1 << 20


class ConnectionClosed(Exception):
    """The other side is gone."""


def send(connection: socket.socket, message: Any) -> None:
    """Send one object; blocks until the other side has taken it.

    Raises:
        ConnectionClosed: If the other side is gone.
    """
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    lengths = b"".join(_LENGTH.pack(part.nbytes) for part in parts)
    try:
        connection.sendall(_COUNT.pack(len(parts)) + lengths)
        for part in parts:
            connection.sendall(part)
    except OSError as error:
        raise ConnectionClosed from error
    finally:
        for buffer in buffers:
            buffer.release()


def receive(connection: socket.socket) -> Any:
    """Receive one object; arrays in it are writable and own their memory.

    Only for connections between processes of ours: unpickling runs what the other side says.

    Raises:
        ConnectionClosed: If the other side is gone.
    """
    count = _COUNT.unpack(_exactly(connection, _COUNT.size))[0]
    if not 0 < count <= _MAX_BUFFERS:
        raise ConnectionClosed
    lengths = _exactly(connection, _LENGTH.size * count)
    head, *buffers = [_exactly(connection, length) for (length,) in _LENGTH.iter_unpack(lengths)]
    return pickle.loads(head, buffers=buffers)  # noqa: S301 - both ends are ours


def _exactly(connection: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        try:
            taken = connection.recv_into(view)
        except OSError as error:
            raise ConnectionClosed from error
        if not taken:
            raise ConnectionClosed
        view = view[taken:]
    return data
