"""A lock with two queues: calls that somebody waits for go before bulk work."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One holder at a time. Within a queue, first come, first served."""

    def __init__(self) -> None:
        self._is_taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._bulk: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def take(self, *, urgent: bool) -> AsyncIterator[None]:
        """Wait for a turn and hold it.

        Args:
            urgent: Whether to go before all bulk work that waits.
        """
        await self._wait(self._urgent if urgent else self._bulk)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # It was ours already; whoever is next must not wait for ever.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        for queue in (self._urgent, self._bulk):
            while queue:
                turn = queue.popleft()
                # Those who gave up are still in line.
                if not turn.done():
                    # Stays taken: it goes from hand to hand.
                    turn.set_result(None)
                    return
        self._is_taken = False
