"""Waiting a moment for an operation that is probably short."""

import asyncio

from loupe_project.domain.operation import Operation
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.operation_hub import OperationHub


async def settle_operation(
    stores: StoreFactory, hub: OperationHub, project_id: str, operation_id: str, seconds: float
) -> Operation:
    """The operation when it is done, or as it stands after so many seconds.

    Raises:
        OperationNotFound: If it is gone together with its project.
    """
    news = hub.enter(operation_id)
    try:
        hub.wake(operation_id)
        async with asyncio.timeout(seconds):
            while not (operation := await _read(stores, project_id, operation_id)).is_done:
                await news.wait()
                news.clear()
            return operation
    except TimeoutError:
        return await _read(stores, project_id, operation_id)
    finally:
        hub.leave(operation_id, news)


async def _read(stores: StoreFactory, project_id: str, operation_id: str) -> Operation:
    async with stores(read_only=True) as store:
        return await store.operations.get(project_id, operation_id)
