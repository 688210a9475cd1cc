"""Tags of copied images: people's with who put them there and when, automatic ones as the copy itself has them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, insert, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import tag_links
from loupe_project.adapters.sql.copying_tables import copying, copying_tags, empty
from loupe_project.adapters.sql.search_changes import Named
from loupe_project.adapters.sql.tables import image_tags, tags
from loupe_project.domain import auto_tags
from loupe_project.domain.image import Origin

_RESULT = ("model:", "task:", "label:")
_OF_IMAGE = ("source:", *(f"{key}:" for key in auto_tags.METADATA_KEYS))
"""Automatic tags that say of a copy what they say of the image."""


async def write(
    session: AsyncSession, target_id: str, copies: Mapping[str, tuple[str, datetime | None]], now: datetime
) -> None:
    """Put tags on copies, which have none yet.

    Args:
        session: Open transaction, with the copies paired in `copying`.
        target_id: Project of the copies.
        copies: Ids of the copies, and when the images were taken, by id of the image.
        now: When the copies arrive.
    """
    target_tags = await _pair(session, target_id, list(copies), now)
    links, new = image_tags.c, copying_tags.c
    joined = image_tags.join(copying, copying.c.image_id == links.image_id).join(
        copying_tags, new.tag_id == links.tag_id
    )
    time = case((new.is_new, literal(now, links.create_time.type)), else_=links.create_time)
    found = select(copying.c.copy_id, new.target_id, links.origin, links.creator, time).select_from(joined)
    # The images are listed, so that the databases need not guess whether to begin with these or with the tags.
    found = found.where(links.image_id.in_(list(copies)), or_(~new.is_result, copying.c.is_answered))
    names = ["image_id", "tag_id", "origin", "creator", "create_time"]
    named = Named(target_id, [copy for copy, _ in copies.values()], target_tags)
    await session.execute(named.of(insert(image_tags).from_select(names, found)))
    await _write_months(session, target_id, dict(copies.values()), now)


async def _pair(session: AsyncSession, target_id: str, image_ids: Sequence[str], now: datetime) -> list[str]:
    """Note which tag of the images becomes which one of the other project; ids of these."""
    used = (
        select(tags.c.id, tags.c.display_name, tags.c.name_folded, tags.c.origin)
        .join(image_tags, image_tags.c.tag_id == tags.c.id)
        .where(image_tags.c.image_id.in_(image_ids))
        .distinct()
    )
    wanted: dict[Origin, dict[str, Any]] = defaultdict(dict)
    for row in await session.execute(used):
        origin = Origin(row.origin)
        if origin is Origin.USER or row.name_folded.startswith((*_RESULT, *_OF_IMAGE)):
            wanted[origin][row.name_folded] = row
    pairs: list[dict[str, Any]] = []
    for origin, rows in sorted(wanted.items()):
        names = [row.display_name for row in rows.values()]
        tag_of = await tag_links.ensure_tags(session, target_id, names, origin, "", now)
        pairs += [
            {
                "tag_id": row.id,
                "target_id": tag_of[folded],
                "is_result": origin is Origin.AUTO and folded.startswith(_RESULT),
                "is_new": origin is Origin.AUTO and folded.startswith(_OF_IMAGE),
            }
            for folded, row in rows.items()
        ]
    await empty(session, copying_tags)
    if pairs:
        await session.execute(insert(copying_tags), pairs)
    return [one["target_id"] for one in pairs]


async def _write_months(
    session: AsyncSession, target_id: str, capture_times: Mapping[str, datetime | None], now: datetime
) -> None:
    """The month of an image that was not taken at any known time is that of its arrival."""
    months = {copy: auto_tags.month(time or now) for copy, time in capture_times.items()}
    tag_of = await tag_links.ensure_tags(session, target_id, set(months.values()), Origin.AUTO, "", now)
    rows = [tag_links.link(copy, tag_of[month], Origin.AUTO, "", now) for copy, month in months.items()]
    await tag_links.write_links(session, rows, fresh=True)
