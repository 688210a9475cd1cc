"""Looking at operations, and asking them to stop. An operation is there for whoever began it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from loupe_kit import paging
from loupe_kit.clock import Clock
from loupe_project.domain.errors import OperationNotFound
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.operation_hub import OperationHub, wait_for

_WATCH_SECONDS = 0.2
_POLL_SECONDS = 1.0


async def get_operation(store: Store, scope: Scope, project_id: str, operation_id: str) -> Operation:
    """One operation.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        OperationNotFound: If the operation does not.
    """
    await access.viewer(store, scope, project_id)
    operation = await store.operations.get(project_id, operation_id)
    if operation.creator != scope.principal and not scope.everything:
        raise OperationNotFound(
            "There is no such operation of yours; list those of the project.", operation=operation_id
        )
    return operation


async def list_operations(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[Operation], str]:
    """A page of the caller's operations, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    limit = paging.clamp_page_size(page_size)
    filter_hash = paging.filter_hash("operations", project_id, scope.principal)
    before = None
    if page_token:
        time, last = paging.decode_token(page_token, filter_hash)
        before = (datetime.fromisoformat(str(time)), str(last))
    found = await store.operations.list_by_creator(project_id, scope.principal, limit=limit + 1, before=before)
    if len(found) <= limit:
        return found, ""
    last_one = found[limit - 1]
    return found[:limit], paging.encode_token((last_one.create_time.isoformat(), last_one.id), filter_hash)


async def cancel_operation(
    factory: StoreFactory, hub: OperationHub, scope: Scope, project_id: str, operation_id: str, clock: Clock
) -> None:
    """Ask an operation to stop.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        OperationNotFound: If the operation does not.
    """
    async with factory() as store:
        await get_operation(store, scope, project_id, operation_id)
        await store.operations.request_cancel(project_id, operation_id, clock.now())
        await store.commit()
    hub.wake(operation_id)


async def watch_operation(
    factory: StoreFactory,
    hub: OperationHub,
    scope_now: Callable[[], Awaitable[Scope]],
    project_id: str,
    operation_id: str,
) -> AsyncIterator[Operation]:
    """The operation now and after each change, at most five times a second, until it is done.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        OperationNotFound: If the operation does not.
    """
    news = hub.enter(operation_id)
    last: Operation | None = None
    try:
        while True:
            news.clear()
            scope = await scope_now()
            async with factory(read_only=True) as store:
                operation = await get_operation(store, scope, project_id, operation_id)
            if operation != last:
                yield operation
                if operation.is_done:
                    return
                last = operation
                await asyncio.sleep(_WATCH_SECONDS)  # Holds the rate down; what changes meanwhile is told afterwards.
            await wait_for(news, _POLL_SECONDS)
    finally:
        hub.leave(operation_id, news)
