"""A bell between the calls that make work and the background task that does it."""

import asyncio


class Bell:
    """See `ports.work.WorkSignal`. Ringing twice before the worker looks is ringing once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There is work now."""
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until it is rung, at most so long; whether it was."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True
