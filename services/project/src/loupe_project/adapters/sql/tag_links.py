"""Tags by text, and their places on images: what images, results and tags write alike."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Table, bindparam, delete, insert, or_, select
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import image_tags, tags
from loupe_project.domain.image import Origin
from loupe_project.domain.text import fold

NAME_LIMIT = 300
_FEW = 8
"""Places of a tag that are named one by one: a statement of their own would cost more."""


def insert_new(session: AsyncSession, table: Table) -> Insert:
    """An INSERT that passes over rows whose key is there already."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite_insert(table).on_conflict_do_nothing()
    # Assigning a key column to itself changes nothing; INSERT IGNORE would swallow other faults as well.
    statement = mysql_insert(table)
    key = next(iter(table.primary_key.columns))
    return statement.on_duplicate_key_update({key.name: table.c[key.name]})


async def tag_ids(session: AsyncSession, project_id: str, folded: Sequence[str]) -> dict[str, str]:
    """Ids of the tags of a project by folded text; texts that are no tag are left out."""
    found: dict[str, str] = {}
    for some in chunks(folded):
        rows = await session.execute(
            select(tags.c.name_folded, tags.c.id).where(tags.c.project_id == project_id, tags.c.name_folded.in_(some))
        )
        found.update((name, tag_id) for name, tag_id in rows)
    return found


async def ensure_tags(
    session: AsyncSession, project_id: str, names: Iterable[str], origin: Origin, creator: str, now: datetime
) -> dict[str, str]:
    """Ids of the tags of these texts by folded text; those that are new to the project are written."""
    wanted = {fold(name, NAME_LIMIT): name for name in names}
    if not wanted:
        return {}
    # Sorted, so that two transactions that write the same new tags wait for each other in one order.
    folded = sorted(wanted)
    found = await tag_ids(session, project_id, folded)
    missing = [one for one in folded if one not in found]
    if missing:
        await session.execute(
            insert_new(session, tags),
            [_new_tag(project_id, wanted[one], one, origin, creator, now) for one in missing],
        )
        found.update(await tag_ids(session, project_id, missing))
    return found


def _new_tag(project_id: str, name: str, folded: str, origin: Origin, creator: str, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "project_id": project_id,
        "display_name": name[:NAME_LIMIT],
        "name_folded": folded,
        "color": "",
        "origin": origin,
        "creator": creator,
        "create_time": now,
        "update_time": now,
    }


def link(image_id: str, tag_id: str, origin: Origin, creator: str, now: datetime) -> dict[str, Any]:
    """A row of `image_tags`."""
    return {"image_id": image_id, "tag_id": tag_id, "origin": origin, "creator": creator, "create_time": now}


async def write_links(session: AsyncSession, rows: list[dict[str, Any]], *, fresh: bool = False) -> None:
    """Put tags on images; what is there already stays as it is.

    Args:
        session: Open transaction.
        rows: From `link`, no pair twice if `fresh`.
        fresh: The images are new, so nothing can be there.
    """
    if rows:
        await session.execute(insert(image_tags) if fresh else insert_new(session, image_tags), rows)


async def take_links(session: AsyncSession, pairs: Sequence[tuple[str, str]]) -> None:
    """Take tags off images, each pair an image id and a tag id."""
    holders: dict[str, list[str]] = defaultdict(list)
    for image_id, tag_id in pairs:
        holders[tag_id].append(image_id)
    single: list[dict[str, str]] = []
    for tag_id, image_ids in sorted(holders.items()):
        if len(image_ids) <= _FEW:
            single += [{"one": one, "tag": tag_id} for one in image_ids]
            continue
        for some in chunks(image_ids):
            there = (image_tags.c.tag_id == tag_id, image_tags.c.image_id.in_(some))
            await session.execute(delete(image_tags).where(*there))
    if single:
        one, tag = image_tags.c.image_id == bindparam("one"), image_tags.c.tag_id == bindparam("tag")
        await session.execute(delete(image_tags).where(one, tag), single)


async def replace_auto_tags(
    session: AsyncSession,
    project_id: str,
    wanted: Mapping[str, Collection[str]],
    prefixes: Sequence[str],
    now: datetime,
) -> None:
    """Make the automatic tags of one family on images what they should be.

    Args:
        session: Open transaction.
        project_id: Of all the images.
        wanted: Texts of the tags that should be there, by image id.
        prefixes: The family: "line:", "month:".
        now: Time of the change.
    """
    tag_of = await ensure_tags(
        session, project_id, {text for texts in wanted.values() for text in texts}, Origin.AUTO, "", now
    )
    should = {(image_id, tag_of[fold(text, NAME_LIMIT)]) for image_id, texts in wanted.items() for text in texts}
    present = await _auto_links(session, list(wanted), prefixes)
    await take_links(session, sorted(present - should))
    await write_links(session, [link(i, t, Origin.AUTO, "", now) for i, t in sorted(should - present)])


async def _auto_links(session: AsyncSession, image_ids: Sequence[str], prefixes: Sequence[str]) -> set[tuple[str, str]]:
    links: set[tuple[str, str]] = set()
    for some in chunks(image_ids):
        rows = await session.execute(
            select(image_tags.c.image_id, image_tags.c.tag_id)
            .join(tags, tags.c.id == image_tags.c.tag_id)
            .where(
                image_tags.c.image_id.in_(some),
                tags.c.origin == Origin.AUTO,
                or_(*(tags.c.name_folded.startswith(one, autoescape=True) for one in prefixes)),
            )
        )
        links.update((image_id, tag_id) for image_id, tag_id in rows)
    return links
