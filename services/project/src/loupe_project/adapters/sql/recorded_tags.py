"""Tags that people put on many images and take off, written into the histories of the images in the same transaction.

Links and lines of the history are made in the database by INSERT … SELECT: what is the same in all is sent once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, Select, and_, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import id_lists, tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.history import SqlHistoryRepository
from loupe_project.adapters.sql.search_changes import Named
from loupe_project.adapters.sql.tables import image_history, image_tags, images, trashed_images
from loupe_project.domain.history import Alteration, Fact, tag_value
from loupe_project.domain.image import Origin
from loupe_project.domain.tag import Tag, TagLink

_PRESENT = image_tags.alias("present")
"""Links as they are, where links are written."""
_IMAGES_A_STATEMENT = 5_000
"""Links written at a time: their ids are 0.2 MB of a statement."""
_HISTORY = (
    "image_id",
    "create_time",
    "change_id",
    "fact",
    "subject",
    "old_value",
    "old_creator",
    "old_time",
)


async def put_on(
    session: AsyncSession, change_id: str, tag: Tag, image_ids: Sequence[str], creator: str, now: datetime
) -> int:
    """See `TagRepository.put_on_by`."""
    count = 0
    row = tag_links.link("", tag.id, Origin.USER, creator, now)
    same = [literal(value, image_tags.c[name].type) for name, value in row.items() if name != "image_id"]
    for some in chunks(sorted(image_ids), _IMAGES_A_STATEMENT):
        line = _put_on_line("", tag)
        count += await SqlHistoryRepository(session).record_alike(change_id, line, _lacking(tag, some), now)
        # The lines that were just written say which images lack the tag: they are not looked for once more.
        written = _lines_between(change_id, tag, now, some[0], some[-1])
        links = tag_links.insert_new(session, image_tags).from_select([*row], written.add_columns(*same))
        await session.execute(Named(tag.project_id, some, [tag.id]).of(links))
    return count


def _lines_between(change_id: str, tag: Tag, now: datetime, first: str, last: str) -> Select[tuple[str]]:
    """Images from the first to the last that a change put the tag on at this time."""
    line = image_history.c
    return select(line.image_id).where(
        line.change_id == change_id,
        line.image_id.between(first, last),
        line.create_time == now,
        line.fact == Fact.TAG,
        line.subject == tag.id,
        line.new_value.is_not(None),
    )


def _lacking(tag: Tag, image_ids: Sequence[str]) -> Select[tuple[str]]:
    """Those of the images that are there and do not have the tag."""
    # Joins rather than NOT EXISTS, for which MariaDB reads all places of the tag.
    link, trash = _PRESENT.c, trashed_images.c
    return (
        select(images.c.id)
        .outerjoin(_PRESENT, and_(link.image_id == images.c.id, link.tag_id == tag.id))
        .outerjoin(trashed_images, trash.image_id == images.c.id)
        .where(id_lists.among(images.c.id, image_ids), link.image_id.is_(None), trash.image_id.is_(None))
        # Not the bare column: that would lead SQLite to go through all images of the project.
        .where(func.coalesce(images.c.project_id, "") == tag.project_id)
    )


async def take_off(session: AsyncSession, change_id: str, tag: Tag, image_ids: Sequence[str], now: datetime) -> int:
    """See `TagRepository.take_off_by`."""
    count = 0
    for some in chunks(image_ids):
        there = (image_tags.c.tag_id == tag.id, image_tags.c.image_id.in_(some), image_tags.c.origin == Origin.USER)
        await session.execute(_lines_of_links(change_id, tag, now, *there))
        count += await _changed(session, delete(image_tags).where(*there))
    return count


async def restore(session: AsyncSession, change_id: str, links: Sequence[TagLink], now: datetime) -> int:
    """See `TagRepository.restore_by`."""
    missing: list[TagLink] = []
    for some in chunks(links):
        image_ids, tag_ids = {one.image_id for one in some}, {one.tag.id for one in some}
        known = await session.scalars(select(images.c.id).where(images.c.id.in_(image_ids)))
        here = set(known)
        there = await _links(session, image_ids, tag_ids)
        missing += [one for one in some if one.image_id in here and (one.image_id, one.tag.id) not in there]
    await tag_links.write_links(
        session,
        [tag_links.link(one.image_id, one.tag.id, Origin.USER, one.creator, one.create_time) for one in missing],
    )
    lines = [_put_on_line(one.image_id, one.tag) for one in missing]
    await SqlHistoryRepository(session).record(change_id, lines, now)
    return len(missing)


async def merge(
    session: AsyncSession, change_id: str, sources: Sequence[Tag], target: Tag, image_limit: int, now: datetime
) -> tuple[int, int]:
    """See `TagRepository.merge_by`."""
    by_id = {tag.id: tag for tag in sources}
    next_ones = select(image_tags.c.image_id).where(image_tags.c.tag_id.in_(by_id)).distinct()
    image_ids = list(await session.scalars(next_ones.order_by(image_tags.c.image_id).limit(image_limit)))
    added = 0
    for some in chunks(image_ids):
        found = select(image_tags).where(image_tags.c.image_id.in_(some), image_tags.c.tag_id.in_(by_id))
        rows = (await session.execute(found.order_by(image_tags.c.create_time.desc()))).all()
        oldest = {row.image_id: row for row in rows}
        have = {image_id for image_id, _ in await _links(session, some, [target.id])}
        lacking = [row for image_id, row in sorted(oldest.items()) if image_id not in have]
        lines = [
            Alteration(
                row.image_id, Fact.TAG, row.tag_id, _value(by_id[row.tag_id]), None, row.creator, row.create_time
            )
            for row in rows
        ]
        lines += [_put_on_line(row.image_id, target) for row in lacking]
        await SqlHistoryRepository(session).record(change_id, lines, now)
        await tag_links.write_links(
            session,
            [tag_links.link(row.image_id, target.id, Origin.USER, row.creator, row.create_time) for row in lacking],
        )
        await session.execute(delete(image_tags).where(image_tags.c.image_id.in_(some), image_tags.c.tag_id.in_(by_id)))
        added += len(lacking)
    return len(image_ids), added


async def forget(session: AsyncSession, change_id: str, tag: Tag, now: datetime) -> None:
    """Write into the history of every image that has a tag that it goes; the tag's row takes the links along."""
    await session.execute(_lines_of_links(change_id, tag, now, image_tags.c.tag_id == tag.id))


async def image_count(session: AsyncSession, tag_ids: Sequence[str]) -> int:
    """See `TagRepository.image_count`."""
    counted = select(func.count(image_tags.c.image_id.distinct())).where(image_tags.c.tag_id.in_(tag_ids))
    return int(await session.scalar(counted) or 0)


def _lines_of_links(change_id: str, tag: Tag, now: datetime, *conditions: ColumnElement[bool]) -> Executable:
    """A line for each link of a tag that goes."""
    line = (
        image_tags.c.image_id,
        literal(now, image_history.c.create_time.type),
        _text(change_id, image_history.c.change_id),
        _text(Fact.TAG, image_history.c.fact),
        _text(tag.id, image_history.c.subject),
        _text(_value(tag), image_history.c.old_value),
        image_tags.c.creator,
        image_tags.c.create_time,
    )
    return insert(image_history).from_select(_HISTORY, select(*line).where(*conditions))


def _text(value: str, column: Any) -> Any:
    return literal(str(value), column.type)


def _value(tag: Tag) -> str:
    return tag_value(tag.display_name, tag.color)


def _put_on_line(image_id: str, tag: Tag) -> Alteration:
    return Alteration(image_id, Fact.TAG, tag.id, None, _value(tag))


async def _links(session: AsyncSession, image_ids: Any, tag_ids: Any) -> set[tuple[str, str]]:
    rows = await session.execute(
        select(image_tags.c.image_id, image_tags.c.tag_id).where(
            image_tags.c.image_id.in_(image_ids), image_tags.c.tag_id.in_(tag_ids)
        )
    )
    return {(image_id, tag_id) for image_id, tag_id in rows}


async def _changed(session: AsyncSession, statement: Executable) -> int:
    return max(cast("CursorResult[Any]", await session.execute(statement)).rowcount, 0)
