"""Work that stops when an event is set."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from loupe_project.domain.errors import OperationCancelled
from loupe_project.domain.operation import Operation

T = TypeVar("T")


async def run_unless(cancelled: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """Result of `work`, which is cancelled as a task when `cancelled` is set.

    Raises:
        OperationCancelled: If the event was set before the work was done.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.create_task(cancelled.wait())
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise OperationCancelled("The operation was cancelled.")
    finally:
        watch.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def cancelled_operation(operation: Operation) -> OperationCancelled:
    """The end of an operation that somebody stopped."""
    return OperationCancelled("The operation was cancelled; what it had finished stays.", operation=operation.id)
