"""Bytes of small images that were just written, for the first task that is published for them.

Whoever analyses an image would read from the store what was put there a moment ago: for small images a request costs
more than the bytes are worth.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

_MOST_BYTES = 64 << 20
_SECONDS = 120.0
"""An image waits so long for its task; another process may have published it."""
LARGEST = 64 << 10
"""Bytes of an image that still travels with its task. The queue of a model holds 512 of them at most."""


@dataclass(frozen=True, slots=True)
class _Kept:
    data: bytes
    end: float


class FreshImages:
    """Keeps what comes first where there is no room for all: it is published first.

    Args:
        most_bytes: Kept at a time.
        now: Seconds of a clock that never goes back.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES, now: Callable[[], float] = time.monotonic) -> None:
        self._most_bytes = most_bytes
        self._now = now
        self._kept: dict[str, _Kept] = {}
        self._bytes = 0

    def keep(self, object_key: str, data: bytes) -> None:
        """Remember an image if it is small and there is room."""
        self._forget_old()
        if len(data) <= LARGEST and self._bytes + len(data) <= self._most_bytes and object_key not in self._kept:
            self._kept[object_key] = _Kept(data, self._now() + _SECONDS)
            self._bytes += len(data)

    def take(self, object_key: str) -> bytes:
        """The image, which is forgotten here; empty if it is not known."""
        kept = self._kept.pop(object_key, None)
        if kept is None:
            return b""
        self._bytes -= len(kept.data)
        return kept.data

    def _forget_old(self) -> None:
        now = self._now()
        # In the order of their arrival, so the oldest come first.
        while self._kept and (oldest := next(iter(self._kept.items())))[1].end <= now:
            self.take(oldest[0])
