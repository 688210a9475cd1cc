"""Exports: looking, listing, deleting, and letting them expire."""

from collections.abc import Sequence
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import NotFound
from loupe_kit.objects import ObjectStore
from loupe_project.domain import audit, keys
from loupe_project.domain.errors import ExportNotFound, ExportNotReady
from loupe_project.domain.export import Export, ExportState
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.operations import OperationWaker
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.newest_first import read_page

_EXPIRED_AT_ONCE = 100
_IDS_AT_ONCE = 5_000


async def get_export(store: Store, scope: Scope, project_id: str, export_id: str, right: Right = Right.READ) -> Export:
    """One of the caller's exports.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ExportNotFound: If the export does not.
    """
    await access.viewer(store, scope, project_id, right)
    export = await store.exports.get(scope, project_id, export_id)
    if export is None:
        raise ExportNotFound(
            f"There is no export {export_id} of yours in this project; it may have expired. Make a new one.",
            export=export_id,
        )
    return export


async def get_finished(store: Store, scope: Scope, project_id: str, export_id: str) -> Export:
    """One of the caller's exports that has its file.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ExportNotFound: If the export does not.
        ExportNotReady: If it is not finished, or did not succeed.
    """
    export = await get_export(store, scope, project_id, export_id, Right.EXPORT)
    if export.state is not ExportState.SUCCEEDED:
        raise ExportNotReady(
            f"This export is {export.state.value}; wait until its operation is done, or make a new one.",
            state=export.state.value,
        )
    return export


async def check_images(store: Store, objects: ObjectStore, scope: Scope, export: Export) -> None:
    """Let an export pass whose images all still exist for the caller, or exist no more at all.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ExportNotFound: If an image in it is no longer shared with him.
    """
    await access.viewer(store, scope, export.project_id, Right.EXPORT)
    if await store.images.sees_all(scope, export.project_id):
        return
    try:
        image_ids = ids.unpack_ids(await objects.read(keys.export_images(export.project_id, export.id)))
    except NotFound:
        raise _outdated(export) from None
    await check_seen(store, scope, export, image_ids)


async def check_seen(store: Store, scope: Scope, export: Export, image_ids: Sequence[str]) -> None:
    """Let images pass that exist for the caller, or for nobody.

    Raises:
        ExportNotFound: If one is kept from him.
    """
    for start in range(0, len(image_ids), _IDS_AT_ONCE):
        some = image_ids[start : start + _IDS_AT_ONCE]
        seen = await store.images.existing(scope, export.project_id, some)
        unseen = [one for one in some if one not in seen]
        deleted = await store.trash.existing(export.project_id, unseen)
        unseen = [one for one in unseen if one not in deleted]
        if unseen and await store.images.existing(Scope.of_loupe(), export.project_id, unseen):
            raise _outdated(export)


def _outdated(export: Export) -> ExportNotFound:
    return ExportNotFound(
        "This export holds images that are no longer shared with you; make a new one.", export=export.id
    )


async def list_exports(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[Export], str]:
    """A page of the caller's exports, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    return await read_page(store.exports.list_newest_first, scope, project_id, "exports", page_size, page_token)


async def delete_export(store: Store, scope: Scope, project_id: str, export_id: str, now: datetime) -> Export:
    """Delete an export; one that is being made is asked to stop. What it was is given back for `clean_up`.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ExportNotFound: If the export does not.
    """
    export = await get_export(store, scope, project_id, export_id, Right.EXPORT)
    await store.exports.delete(export_id)
    await store.audit.add(audit.event(scope, audit.Action.DELETE_EXPORT, export.name, now))
    if export.state is ExportState.RUNNING:
        await store.operations.request_cancel(project_id, export.operation_id, now)
    return export


async def clean_up(export: Export, objects: ObjectStore, waker: OperationWaker) -> None:
    """After the commit: the file goes, and whoever makes it learns that he shall stop."""
    waker.wake(export.operation_id)
    await _remove_files(export, objects)


async def _remove_files(export: Export, objects: ObjectStore) -> None:
    if export.object_key:
        await objects.delete(export.object_key)
        await objects.delete(keys.export_images(export.project_id, export.id))


async def remove_export(uow_factory: StoreFactory, objects: ObjectStore, export: Export) -> None:
    """Delete a finished export, its files first."""
    await _remove_files(export, objects)
    async with uow_factory() as store:
        await store.exports.delete(export.id)
        await store.commit()


async def expire(uow_factory: StoreFactory, objects: ObjectStore, now: datetime) -> int:
    """Delete exports whose time is over, their files first; how many there were."""
    count = 0
    while True:
        async with uow_factory(read_only=True) as store:
            over = await store.exports.expired(now, _EXPIRED_AT_ONCE)
        if not over:
            return count
        for export in over:
            await remove_export(uow_factory, objects, export)
        count += len(over)
