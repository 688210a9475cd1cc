"""Functions that run in child processes of the tests."""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loupe_kit.child import Progress
from loupe_kit.errors import InvalidArgument

_calls = 0


class Unpicklable(Exception):
    """Takes two arguments and keeps one, so it does not survive pickling."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)


def work(payload: dict[str, Any], progress: Progress) -> Any:
    """Do what `payload["do"]` says."""
    global _calls  # noqa: PLW0603 - state that lives over calls is what is tested
    _calls += 1
    value: Any = payload.get("value")
    if payload["do"] == "progress":
        for step in range(value):
            progress(step)
        return "done"
    return ACTIONS[payload["do"]](value)


def raise_known(value: Any) -> None:
    raise InvalidArgument("Bad value; choose another.", value="7")


def raise_unpicklable(value: Any) -> None:
    raise Unpicklable("one", "two")


def inspect(value: Any) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "calls": _calls,
        "omp": os.environ["OMP_NUM_THREADS"],
        "extra": os.environ.get("EXTRA"),
        "nice": os.nice(0),
        "modules": sorted(sys.modules),
    }


def double(value: NDArray[Any]) -> NDArray[Any]:
    """Twice the array, in place, which needs it writable."""
    value *= 2
    return np.asarray(value)


ACTIONS: dict[str, Callable[[Any], Any]] = {
    "double": double,
    "exit": os._exit,
    "signal": lambda number: os.kill(os.getpid(), number),
    "sleep": time.sleep,
    "raise": raise_known,
    "unpicklable": raise_unpicklable,
    "return lambda": lambda value: lambda: None,
    "inspect": inspect,
}
