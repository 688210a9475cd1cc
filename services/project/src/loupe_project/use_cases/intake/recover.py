"""What a start does about the process before it: bytes that no row knows are removed, abandoned uploads are ended."""

import structlog

from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases.intake.context import Tools

_log = structlog.get_logger("loupe.project.intake")

_PAGE = 100


async def sweep(tools: Tools) -> int:
    """Remove spool files, and objects that were written without their row; how many objects."""
    notes = await tools.run(lambda: list(tools.spool.sweep()))
    removed = 0
    for note, keys in notes:
        async with tools.uow_factory(read_only=True) as store:
            stray = [key for key in keys if not await _is_known(store, key)]
        for key in stray:
            await tools.objects.delete(key)
        removed += len(stray)
        tools.spool.close_journal(note)
    if removed:
        _log.info("stray_objects_removed", count=removed)
    return removed


async def end_abandoned_batches(tools: Tools) -> None:
    """End uploads whose stream died with the process before; only for a process that is alone."""
    async with tools.uow_factory() as store:
        await store.batches.close_all_streams()
        after = ""
        while batches := await store.batches.list_active(_PAGE, after):
            for batch in batches:
                await store.batches.finish_if_idle(batch.id, tools.clock.now())
            after = batches[-1].id
        await store.commit()


async def _is_known(store: Store, key: str) -> bool:
    """Whether a row needs the object `projects/<project>/<folder>/<id>`."""
    _, project_id, folder, name = key.split("/")
    one = name.partition(".")[0]
    if folder == "spool":
        return await store.operations.is_open(project_id, one)
    return bool(await store.images.existing(Scope.of_loupe(), project_id, [one]))
