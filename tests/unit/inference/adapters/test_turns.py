from __future__ import annotations

import asyncio

import pytest

from loupe_inference.adapters.turns import Turns


class Line:
    """People who take turns and note when they had theirs."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.served: list[str] = []
        self.go_on = asyncio.Event()

    async def join(self, name: str, *, urgent: bool = False) -> asyncio.Task[None]:
        task = asyncio.create_task(self._work(name, urgent=urgent))
        await asyncio.sleep(0)
        return task

    async def _work(self, name: str, *, urgent: bool) -> None:
        async with self.turns.take(urgent=urgent):
            self.served.append(name)
            await self.go_on.wait()


async def test_take__urgent_ones_first_each_kind_in_order() -> None:
    line = Line()
    tasks = [await line.join("running"), await line.join("bulk 1"), await line.join("bulk 2")]
    tasks += [await line.join("now 1", urgent=True), await line.join("now 2", urgent=True)]

    line.go_on.set()
    await asyncio.gather(*tasks)

    assert line.served == ["running", "now 1", "now 2", "bulk 1", "bulk 2"]


async def test_take__one_at_a_time_and_free_at_the_end() -> None:
    line = Line()
    first, second = await line.join("first"), await line.join("second")
    assert line.served == ["first"]

    line.go_on.set()
    await asyncio.gather(first, second)
    async with asyncio.timeout(5), line.turns.take(urgent=False):
        line.served.append("third")

    assert line.served == ["first", "second", "third"]


@pytest.mark.parametrize("has_turn", [False, True], ids=["while waiting", "with its turn just given"])
async def test_take__cancelled_one_holds_up_nobody(has_turn: bool) -> None:
    line = Line()
    line.go_on.set()
    async with line.turns.take(urgent=False):
        gone, last = await line.join("gone"), await line.join("last")
        if not has_turn:
            gone.cancel()
    gone.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(gone, last, return_exceptions=True)

    assert gone.cancelled()
    assert line.served == ["last"]


async def test_take__error_passes_the_turn_on() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError):
        async with turns.take(urgent=False):
            raise ZeroDivisionError
    async with asyncio.timeout(5), turns.take(urgent=True):
        pass
