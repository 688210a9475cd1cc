"""What runs in the child process: `python -m loupe_kit.child <fd> <module:function> <nice> <parent>`.

Nothing of the parent is imported here but the target's own module.
"""

import ctypes
import importlib
import os
import pickle
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from loupe_kit.child import wire
from loupe_kit.child.errors import ChildFailed
from loupe_kit.child.messages import Progress, Raised, Ready, Reported, Returned

_PR_SET_PDEATHSIG = 1

Target = Callable[[Any, Progress], Any]


def main(arguments: list[str]) -> int:
    """Serve calls until the parent closes the connection."""
    descriptor, target_name, nice, parent = arguments
    _die_with(int(parent))
    # Ctrl-C reaches the whole terminal; the parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(int(nice))
    with socket.socket(fileno=int(descriptor)) as connection:
        try:
            _serve(connection, target_name)
        except wire.ConnectionClosed:
            return 0
    return 1


def _serve(connection: socket.socket, target_name: str) -> None:
    try:
        target = _load(target_name)
    except Exception as error:  # noqa: BLE001 - told to the parent
        wire.send(connection, Raised(_portable(error)))
        return
    wire.send(connection, Ready())

    def report(value: Any) -> None:
        wire.send(connection, Reported(value))

    while True:
        payload = wire.receive(connection)
        try:
            answer: Returned | Raised = Returned(target(payload, report))
        except wire.ConnectionClosed:
            raise
        except Exception as error:  # noqa: BLE001 - told to the parent
            answer = Raised(_portable(error))
        _answer(connection, answer)
        # A big payload or result is not kept until the next call.
        del payload, answer


def _answer(connection: socket.socket, answer: Returned | Raised) -> None:
    try:
        wire.send(connection, answer)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        wire.send(connection, Raised(_portable(error)))


def _load(name: str) -> Target:
    module, _, function = name.partition(":")
    target: Target = getattr(importlib.import_module(module), function)
    return target


def _portable(error: Exception) -> Exception:
    """The error itself if it survives the journey, with the traceback of this side as a note."""
    text = "".join(traceback.format_exception(error))
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - an exception class may do anything here
        copy = None
    if type(copy) is not type(error):
        return ChildFailed(type(error).__name__, str(error), text)
    error.add_note(f"In the worker process:\n{text}")
    return error


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, however that came."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It went before the kernel knew.
        os._exit(1)
