"""The trash of a project: looking into it, bringing images back, letting them go for good."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from google.protobuf.message import Message

from loupe_kit import paging
from loupe_kit.clock import Clock
from loupe_project.domain import audit
from loupe_project.domain.errors import ImageNotFound
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.domain.trash import DeletedImage, TrashSelection
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.ports.work import WorkSignal
from loupe_project.use_cases import access, image_jobs
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.retry import retry_conflicts
from loupe_project.use_cases.trashing import bring_back

_RESTORE_PIECE = 1_000
_PURGE_PIECE = 200
"""Images a transaction: others wait no longer than a blink."""

_ACTIONS = {
    OperationKind.RESTORE_IMAGES: audit.Action.RESTORE_IMAGES,
    OperationKind.PURGE_IMAGES: audit.Action.PURGE_IMAGES,
}


async def list_deleted_images(
    store: Store, scope: Scope, project_id: str, deletion_id: str | None, page_size: int, page_token: str
) -> tuple[list[DeletedImage], str, int]:
    """A page of the trash, the token of the next one, and how many there are in all.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.editor(store, scope, project_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("trash", project_id, deletion_id or "")
    after = _place(paging.decode_token(page_token, key))
    found = await store.trash.list_newest_first(project_id, deletion_id=deletion_id, after=after, limit=limit + 1)
    total = await store.trash.count(project_id, deletion_id)
    if len(found) <= limit:
        return found, "", total
    last = found[limit - 1]
    return found[:limit], paging.encode_token((last.delete_time.isoformat(), last.id), key), total


def _place(parts: Sequence[str | int]) -> tuple[datetime, str] | None:
    return (datetime.fromisoformat(str(parts[0])), str(parts[1])) if parts else None


async def ask_trash_work(
    store: Store, scope: Scope, project_id: str, kind: OperationKind, selection: TrashSelection, now: datetime
) -> Operation:
    """Write an operation on images in the trash; the runner takes it after the commit.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If one of the ids is not in the trash.
        ResourceExhausted: If there are more than a million.
    """
    await access.editor(store, scope, project_id)
    image_ids = await _choose(store, project_id, selection)
    operation = image_jobs.new_operation(scope, project_id, kind, image_ids, now)
    await store.operations.add(operation)
    await store.audit.add(
        audit.event(
            scope,
            _ACTIONS[kind],
            operation.target,
            now,
            images=str(len(image_ids)),
            ids=" ".join(image_ids[:10]),
            operation=operation.name,
        )
    )
    return operation


async def _choose(store: Store, project_id: str, selection: TrashSelection) -> list[str]:
    if selection.ids is None:
        return await store.trash.ids(project_id, selection.deletion_id or None)
    image_ids = list(dict.fromkeys(selection.ids))
    known = await store.trash.existing(project_id, image_ids)
    missing = next((one for one in image_ids if one not in known), None)
    if missing is not None:
        raise ImageNotFound(
            f"There is no image {missing} in the trash of this project; ListDeletedImages names those there are.",
            image=missing,
        )
    return image_ids


class RestoreImages:
    """Handler of RESTORE_IMAGES. What is back already counts as restored: a second run says the same as the first.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many are back.
        clock: Dates the restoration.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, _ = image_jobs.unpack(operation.request)
        restored = 0
        async for piece in image_jobs.pieces(operation, image_ids, _RESTORE_PIECE, progress, cancelled):
            restored += await retry_conflicts(partial(self._restore, operation, piece))
        return self._respond(restored)

    async def _restore(self, operation: Operation, image_ids: Sequence[str]) -> int:
        async with self._stores() as store:
            await bring_back(store, await begin_operation(store, operation), image_ids, self._clock.now())
            restored = await store.images.existing(operation.scope, operation.project_id, image_ids)
            await store.commit()
        return len(restored)


class PurgeImages:
    """Handler of PURGE_IMAGES. What a first run purged is simply not there any more for a second one.

    Args:
        stores: Makes transactions.
        removals: Rung when bytes and features wait for their end.
        respond: Makes the response of how many are gone.
        clock: Dates the removals.
    """

    def __init__(
        self, stores: StoreFactory, removals: WorkSignal, respond: Callable[[int], Message], clock: Clock
    ) -> None:
        self._stores = stores
        self._removals = removals
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, _ = image_jobs.unpack(operation.request)
        kept = 0
        async for piece in image_jobs.pieces(operation, image_ids, _PURGE_PIECE, progress, cancelled):
            kept += await retry_conflicts(partial(self._purge, operation, piece))
            self._removals.ring()
        return self._respond(len(image_ids) - kept)

    async def _purge(self, operation: Operation, image_ids: Sequence[str]) -> int:
        """How many somebody restored since they were chosen."""
        async with self._stores() as store:
            await store.trash.purge(operation.project_id, image_ids, self._clock.now())
            kept = await store.images.existing(operation.scope, operation.project_id, image_ids)
            await store.commit()
        return len(kept)
