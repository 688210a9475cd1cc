"""Things taken in a thread."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from loupe_kit import threads


async def test_take__result() -> None:
    given: list[int] = []
    with ThreadPoolExecutor(1) as executor:
        assert await threads.take(executor, lambda: 7, given.append) == 7
    assert given == []


async def test_take__error_passes() -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        await threads.take(executor, lambda: 1 // 0, print)


@pytest.mark.parametrize("fails", [False, True])
async def test_take__cancelled_while_it_works(fails: bool) -> None:
    going, begun = threading.Event(), threading.Event()
    given: list[int] = []

    def work() -> int:
        begun.set()
        going.wait(10)
        if fails:
            raise FileNotFoundError
        return 7

    with ThreadPoolExecutor(1) as executor:
        taking = asyncio.create_task(threads.take(executor, work, given.append))
        await asyncio.to_thread(begun.wait, 10)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        going.set()
        await asyncio.get_running_loop().run_in_executor(executor, lambda: None)
        await asyncio.sleep(0)
    assert given == ([] if fails else [7])
