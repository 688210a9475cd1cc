"""Looking at uploads: one, a page of them, their notices, and how one goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from loupe_project.domain.intake.errors import UploadBatchNotFound
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.domain.upload_batch import BatchState, Notice, UploadBatch
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access

_WATCH_SECONDS = 0.5
_LAST_IMAGES = 200
_LAST_SECONDS = 0.1
"""Between looks while few images are left: somebody waits for the end, and looking costs little then."""


async def get_batch(store: Store, scope: Scope, project_id: str, batch_id: str) -> UploadBatch:
    """One batch with its counts.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        UploadBatchNotFound: If it has no such batch.
    """
    project = await access.viewer(store, scope, project_id)
    batch = await store.batches.get(project_id, batch_id)
    if batch is None or project.caller_role is ProjectRole.GUEST:
        raise UploadBatchNotFound("There is no such upload; list those of the project.", upload_batch=batch_id)
    (seen,) = await _as_seen(store, scope, project_id, [batch])
    return seen


async def list_batches(
    store: Store, scope: Scope, project_id: str, *, limit: int, before: tuple[datetime, str] | None
) -> list[UploadBatch]:
    """Batches of a project, newest first.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
    """
    project = await access.viewer(store, scope, project_id)
    if project.caller_role is ProjectRole.GUEST:
        return []
    found = await store.batches.list_newest_first(project_id, limit=limit, before=before)
    return await _as_seen(store, scope, project_id, found)


async def list_notices(
    store: Store, scope: Scope, project_id: str, batch_id: str, *, limit: int, after: str
) -> list[Notice]:
    """Notices of a batch in the order of arrival.

    They name files of any image, so there are none for somebody from whom images of the project are kept.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        UploadBatchNotFound: If it has no such batch.
    """
    await get_batch(store, scope, project_id, batch_id)
    if not await store.images.sees_all(scope, project_id):
        return []
    return await store.batches.list_notices(batch_id, limit=limit, after=after)


async def watch_batch(
    factory: StoreFactory, scope_now: Callable[[], Awaitable[Scope]], project_id: str, batch_id: str
) -> AsyncIterator[UploadBatch]:
    """The batch now and after each change until it is ended and no image of it is pending.

    Twice a second at most, and ten times while its last images are analysed.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        UploadBatchNotFound: If it has no such batch.
    """
    last: UploadBatch | None = None
    while True:
        # Images change in other services' calls and in other replicas, so it looks.
        scope = await scope_now()
        async with factory(read_only=True) as store:
            batch = await get_batch(store, scope, project_id, batch_id)
        if batch != last:
            yield batch
            last = batch
        if batch.is_settled:
            return
        is_nearly_done = batch.state is BatchState.FINISHED and batch.image_counts.pending <= _LAST_IMAGES
        await asyncio.sleep(_LAST_SECONDS if is_nearly_done else _WATCH_SECONDS)


async def _as_seen(store: Store, scope: Scope, project_id: str, batches: Sequence[UploadBatch]) -> list[UploadBatch]:
    """The batches with the counts of those images that exist for the caller."""
    if not batches or await store.images.sees_all(scope, project_id):
        return list(batches)
    counts = await store.images.counts_by_batch(scope, project_id, [one.id for one in batches])
    return [replace(one, image_counts=counts[one.id]) for one in batches]
