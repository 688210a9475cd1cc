"""Wakes whoever in this process waits for an operation to change. Other processes find out by looking every second."""

import asyncio
from collections import defaultdict


class OperationHub:
    """Waiting rooms, one for each operation that somebody waits for, and one for new work."""

    def __init__(self) -> None:
        self._rooms: defaultdict[str, dict[asyncio.Event, bool]] = defaultdict(dict)
        self._work = asyncio.Event()

    def wake(self, operation_id: str) -> None:
        """The operation is new, shall stop, or has ended."""
        for event in self._rooms.get(operation_id, ()):
            event.set()
        self._work.set()

    def tell_progress(self, operation_id: str) -> None:
        """The operation got on; whoever runs it knows that and sleeps on."""
        for event, wants_progress in self._rooms.get(operation_id, {}).items():
            if wants_progress:
                event.set()

    def enter(self, operation_id: str, *, progress: bool = True) -> asyncio.Event:
        """An event that is set at each change from now on; clear it before looking, and `leave` it at the end.

        Args:
            operation_id: Which one.
            progress: Whether mere progress counts as a change.
        """
        event = asyncio.Event()
        self._rooms[operation_id][event] = progress
        return event

    def leave(self, operation_id: str, event: asyncio.Event) -> None:
        """Stop waiting."""
        room = self._rooms[operation_id]
        room.pop(event, None)
        if not room:
            del self._rooms[operation_id]

    async def wait_for_work(self, seconds: float) -> None:
        """Wait until there may be an operation to run, at most so long."""
        await wait_for(self._work, seconds)
        self._work.clear()


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event at most so long; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
