"""Lets only so many pieces of work run at once, and serves those who wait in turns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from loupe_reduction.domain.errors import QueueFull


@dataclass(eq=False)
class _Waiter:
    turn: asyncio.Future[None]
    on_position: Callable[[int], None]


class FairQueue:
    """Places for work: whoever has many requests waiting does not keep the others from theirs.

    Args:
        places: pieces of work at the same time, at least 1.
        max_waiting: requests that may wait, at least 0.
    """

    def __init__(self, places: int, max_waiting: int) -> None:
        self._free = places
        self._max_waiting = max_waiting
        # Requesters in the order of their turns; each with its requests in the order in which they came.
        self._lines: dict[str, deque[_Waiter]] = {}

    @property
    def waiting(self) -> int:
        """Number of requests that wait."""
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def place(self, requester: str, on_position: Callable[[int], None]) -> AsyncIterator[None]:
        """Waits for a place and keeps it until the end of the block.

        Args:
            requester: whose turn it uses up.
            on_position: is told the place in the queue, 1 is next, whenever it changes.

        Raises:
            QueueFull: too many are waiting already.
        """
        await self._wait(requester, on_position)
        try:
            yield
        finally:
            self._free += 1
            self._next()

    async def _wait(self, requester: str, on_position: Callable[[int], None]) -> None:
        if self._free and not self._lines:
            self._free -= 1
            return
        if self.waiting >= self._max_waiting:
            raise QueueFull(
                f"{self.waiting} maps and selections are waiting already; try again in a minute.",
                retry_after=timedelta(minutes=1),
                waiting=str(self.waiting),
            )
        waiter = _Waiter(asyncio.get_running_loop().create_future(), on_position)
        self._lines.setdefault(requester, deque()).append(waiter)
        self._tell_positions()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            self._leave(requester, waiter)
            raise

    def _leave(self, requester: str, waiter: _Waiter) -> None:
        if waiter.turn.done() and not waiter.turn.cancelled():
            # The place came in the same moment as the cancellation: pass it on.
            self._free += 1
        else:
            line = self._lines[requester]
            line.remove(waiter)
            if not line:
                del self._lines[requester]
        self._next()

    def _next(self) -> None:
        while self._free and self._lines:
            requester = next(iter(self._lines))
            line = self._lines.pop(requester)
            waiter = line.popleft()
            if line:
                # To the end: everybody else has a turn first.
                self._lines[requester] = line
            self._free -= 1
            waiter.turn.set_result(None)
        self._tell_positions()

    def _tell_positions(self) -> None:
        position = 0
        for turn in range(max((len(line) for line in self._lines.values()), default=0)):
            for line in self._lines.values():
                if turn < len(line):
                    position += 1
                    line[turn].on_position(position)
