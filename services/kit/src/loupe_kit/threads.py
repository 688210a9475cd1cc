"""Things taken in a thread that have to be given back."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


async def take(executor: Executor, work: Callable[[], T], give_back: Callable[[T], object]) -> T:
    """Return what `work` takes in the executor, for instance an open file.

    A caller that is cancelled while the thread works never sees the result: it is given back as soon as it is there.

    Args:
        executor: Where `work` runs.
        work: Takes it; may raise.
        give_back: Called in the event loop's thread with a result that nobody waits for any more.
    """
    taking = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        taking.add_done_callback(lambda done: _give_back(done, give_back))
        raise


def _give_back(done: "asyncio.Future[T]", give_back: Callable[[T], object]) -> None:
    if not done.cancelled() and done.exception() is None:
        give_back(done.result())
