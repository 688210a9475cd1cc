"""Writing images that arrive: a handful of statements for a hundred images, because ingest runs beside the models."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import image_rows, tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import analysis_jobs, image_metadata, images, labels
from loupe_project.adapters.sql.trash import SqlTrashRepository
from loupe_project.domain import auto_tags
from loupe_project.domain.image import Added, Arrival, NewImage, Origin
from loupe_project.domain.project import Project
from loupe_project.domain.text import fold
from loupe_project.ports.store import StoreConflict


async def add_images(session: AsyncSession, project: Project, arrival: Arrival, new: Sequence[NewImage]) -> list[Added]:
    """Write images that arrive together, those alone whose bytes the project does not have.

    Returns:
        What became of each, in the order of `new`.

    Raises:
        StoreConflict: If another transaction is writing the same bytes.
    """
    first = await _first_with_same_bytes(session, project.id, new)
    restored = await _restore(session, project.id, {first[one.sha256] for one in new} - {one.id for one in new})
    fresh = [one for one in new if first[one.sha256] == one.id]
    await _insert(session, images, [image_rows.image_row(project, arrival, one) for one in fresh])
    await _insert(
        session,
        image_metadata,
        [row for one in fresh for row in image_rows.metadata_rows(project.id, one.id, one.metadata)],
    )
    await _insert(session, labels, [row for one in fresh for row in _label_rows(project.id, arrival, one)])
    await _write_tags(session, project.id, arrival, fresh)
    await _insert(session, analysis_jobs, [image_rows.job_row(project, one, arrival.time) for one in fresh])
    return [
        Added(first[one.sha256], is_duplicate=first[one.sha256] != one.id, is_restored=first[one.sha256] in restored)
        for one in new
    ]


async def _first_with_same_bytes(session: AsyncSession, project_id: str, new: Sequence[NewImage]) -> dict[str, str]:
    """Id of the image that has the bytes, by SHA-256: one that was there before, or the first among the new ones."""
    first: dict[str, str] = {}
    for one in new:
        first.setdefault(one.sha256, one.id)
    for some in chunks(list(first)):
        rows = await session.execute(
            select(images.c.sha256, images.c.id).where(images.c.project_id == project_id, images.c.sha256.in_(some))
        )
        first.update((sha256, image_id) for sha256, image_id in rows)
    return first


async def _restore(session: AsyncSession, project_id: str, known: Collection[str]) -> set[str]:
    """Whoever sends an image again wants to have it: those of the known ones that lie in the trash come back."""
    if not known:
        return set()
    trash = SqlTrashRepository(session)
    trashed = await trash.existing(project_id, sorted(known))
    if len(await trash.restore(project_id, sorted(trashed))) != len(trashed):
        raise StoreConflict("An image left the trash while the same one arrived; try again.")
    return trashed


def _label_rows(project_id: str, arrival: Arrival, new: NewImage) -> list[dict[str, Any]]:
    # An image has one class: the last one given.
    classes = [one for one in new.labels if one.box is None][-1:]
    boxes = [one for one in new.labels if one.box is not None]
    return [image_rows.label_row(project_id, new.id, one, arrival.uploader, arrival.time) for one in (*classes, *boxes)]


async def _write_tags(session: AsyncSession, project_id: str, arrival: Arrival, fresh: Sequence[NewImage]) -> None:
    auto = {one.id: auto_tags.of_arrival(arrival.source, arrival.time, one.capture_time, one.metadata) for one in fresh}
    given = {one.id: [tag for tag in one.tags if not auto_tags.is_automatic(tag)] for one in fresh}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for texts, origin, creator in ((auto, Origin.AUTO, ""), (given, Origin.USER, arrival.uploader)):
        names = {text for some in texts.values() for text in some}
        tag_of = await tag_links.ensure_tags(session, project_id, names, origin, creator, arrival.time)
        for image_id, some in texts.items():
            for text in some:
                tag_id = tag_of[fold(text, tag_links.NAME_LIMIT)]
                rows.setdefault((image_id, tag_id), tag_links.link(image_id, tag_id, origin, creator, arrival.time))
    await tag_links.write_links(session, list(rows.values()), fresh=True)


async def _insert(session: AsyncSession, table: Any, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    try:
        await session.execute(insert(table), rows)
    except IntegrityError as error:
        raise StoreConflict("The same images are being written by another upload; try again.") from error
