"""Bounds what is worked on at a time."""

import asyncio


class Budget:
    """Room for some bytes and some files; a file larger than all of it goes when it is alone."""

    def __init__(self, bytes_: int, files: int) -> None:
        self._all = self._free = bytes_
        self._files = files
        self._changed = asyncio.Event()

    async def acquire(self, size: int) -> int:
        """Wait for room for a file of `size` bytes; gives what `release` wants back."""
        hold = min(max(size, 1), self._all)
        while self._free < hold or self._files <= 0:
            self._changed.clear()
            await self._changed.wait()
        self._free -= hold
        self._files -= 1
        return hold

    def release(self, hold: int) -> None:
        """Give room back."""
        self._free += hold
        self._files += 1
        self._changed.set()
