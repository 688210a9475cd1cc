from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from loupe_reduction.adapters.fair_queue import FairQueue
from loupe_reduction.domain.errors import QueueFull


def _ignore(position: int) -> None:
    pass


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Guest:
    """Somebody who takes a place and keeps it until told to leave."""

    def __init__(self, queue: FairQueue, requester: str, log: list[str], name: str = "") -> None:
        self.positions: list[int] = []
        self.on_position: Callable[[int], object] = self.positions.append
        self.leave = asyncio.Event()
        self.task = asyncio.ensure_future(self._stay(queue, requester, log, name or requester))

    def _tell(self, position: int) -> None:
        self.on_position(position)

    async def _stay(self, queue: FairQueue, requester: str, log: list[str], name: str) -> None:
        async with queue.place(requester, self._tell):
            log.append(name)
            await self.leave.wait()


async def test_place__only_so_many_at_once() -> None:
    queue, log = FairQueue(2, 10), list[str]()
    guests = [Guest(queue, "ada", log, str(number)) for number in range(3)]
    await _settle()
    assert log == ["0", "1"]
    assert queue.waiting == 1

    guests[0].leave.set()
    await _settle()

    assert log == ["0", "1", "2"]
    assert queue.waiting == 0
    await _end(guests)


async def test_place__turns_between_requesters() -> None:
    queue, log = FairQueue(1, 10), list[str]()
    first = Guest(queue, "ada", log, "a0")
    await _settle()
    names = [("ada", "a1"), ("ada", "a2"), ("ada", "a3"), ("bob", "b1"), ("cleo", "c1"), ("bob", "b2")]
    others = [Guest(queue, requester, log, name) for requester, name in names]
    await _settle()

    for guest in (first, *others):
        guest.leave.set()
    await asyncio.gather(*(guest.task for guest in (first, *others)))

    assert log == ["a0", "a1", "b1", "c1", "a2", "b2", "a3"]


async def test_place__positions_are_told() -> None:
    queue, log = FairQueue(1, 10), list[str]()
    first, second, third = (Guest(queue, requester, log) for requester in ("ada", "ada", "bob"))
    await _settle()
    assert (second.positions[-1], third.positions[-1]) == (1, 2)

    first.leave.set()
    await _settle()

    assert third.positions[-1] == 1
    await _end([first, second, third])


async def test_place__cancelled_while_waiting() -> None:
    queue, log = FairQueue(1, 10), list[str]()
    first, second, third = (Guest(queue, requester, log) for requester in ("ada", "bob", "cleo"))
    await _settle()

    second.task.cancel()
    await _settle()
    first.leave.set()
    await _settle()

    assert log == ["ada", "cleo"]
    assert queue.waiting == 0
    await _end([first, third])


async def test_place__cancelled_in_the_moment_of_its_turn() -> None:
    queue, log = FairQueue(1, 10), list[str]()
    first, second, third = (Guest(queue, requester, log) for requester in ("ada", "bob", "cleo"))
    await _settle()

    # Cleo moves up in the very moment in which bob is given the place, before he can run.
    third.on_position = lambda position: second.task.cancel() if position == 1 else None
    first.leave.set()
    await _settle()

    assert log == ["ada", "cleo"]
    await _end([first, third])


async def test_place__given_back_after_an_error() -> None:
    queue = FairQueue(1, 0)
    with pytest.raises(RuntimeError, match="broken"):
        async with queue.place("ada", _ignore):
            raise RuntimeError("broken")

    async with queue.place("bob", _ignore):
        assert queue.waiting == 0


async def test_place__queue_full() -> None:
    queue, log = FairQueue(1, 1), list[str]()
    guests = [Guest(queue, "ada", log) for _ in range(2)]
    await _settle()

    with pytest.raises(QueueFull) as caught:
        async with queue.place("bob", _ignore):
            pass

    assert caught.value.retry_after is not None
    assert caught.value.metadata == {"waiting": "1"}
    await _end(guests)


async def _end(guests: list[Guest]) -> None:
    for guest in guests:
        guest.leave.set()
    await asyncio.gather(*(guest.task for guest in guests), return_exceptions=True)
