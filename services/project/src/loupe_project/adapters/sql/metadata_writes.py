"""Metadata of many images written at once: who gets the same value in the place of the same one shares a statement.

Setting a key on a million images sends its value once for every 500 of them, as putting a tag on them does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import image_rows, tag_links
from loupe_project.adapters.sql.history import SqlHistoryRepository
from loupe_project.adapters.sql.search_changes import Named
from loupe_project.adapters.sql.tables import image_metadata, images
from loupe_project.domain import auto_tags
from loupe_project.domain.history import Alteration, Fact, metadata_value
from loupe_project.domain.image import NamedValue

_FEW = 8
"""Images that rows are sent for one by one: a statement of their own would cost more."""

NewValues = Mapping[str, Mapping[str, NamedValue | None]]
"""Values by folded key, by image id; None: goes."""
_Token = tuple[str, type, object] | None
"""A value that differs from another one of the same number and another type: 1 is not true."""


async def write(
    session: AsyncSession,
    change_id: str,
    project_id: str,
    before: Mapping[str, Mapping[str, NamedValue]],
    new: NewValues,
    now: datetime,
) -> None:
    """Write values, lines of the history, and the automatic tags that follow.

    Args:
        session: Open transaction.
        change_id: A change that has begun.
        project_id: Of all the images, which are there.
        before: What is there under the keys, by folded key, by image id.
        new: What is to be there instead, only where it differs; at most as many images as an IN list takes.
        now: Time of the change.
    """
    if not new:
        return
    await _write_values(session, project_id, before, new)
    await session.execute(update(images).where(images.c.id.in_(list(new))).values(update_time=now))
    await _write_lines(session, change_id, before, new, now)
    await _mend_tags(session, project_id, new, now)


async def _write_values(
    session: AsyncSession, project_id: str, before: Mapping[str, Mapping[str, NamedValue]], new: NewValues
) -> None:
    going: dict[str, list[str]] = defaultdict(list)
    coming: dict[_Token, tuple[NamedValue, list[str]]] = {}
    for image_id, values in new.items():
        there = before.get(image_id, {})
        for key, value in values.items():
            if key in there:
                going[key].append(image_id)
            if value is not None:
                coming.setdefault(_token(value), (value, []))[1].append(image_id)
    for key, image_ids in sorted(going.items()):
        await session.execute(
            delete(image_metadata).where(image_metadata.c.image_id.in_(image_ids), image_metadata.c.key == key)
        )
    rows: list[dict[str, Any]] = []
    for value, image_ids in coming.values():
        if len(image_ids) > _FEW:
            await _insert_alike(
                session, project_id, image_rows.metadata_row(project_id, "", value.key, value.value), image_ids
            )
        else:
            rows += [image_rows.metadata_row(project_id, one, value.key, value.value) for one in image_ids]
    if rows:
        await session.execute(insert(image_metadata), rows)


async def _insert_alike(
    session: AsyncSession, project_id: str, row: Mapping[str, Any], image_ids: Sequence[str]
) -> None:
    columns = [column for column in image_metadata.c if column.key != "image_id"]
    values = [null() if row[one.key] is None else literal(row[one.key], one.type) for one in columns]
    found = select(images.c.id, *values).where(images.c.id.in_(image_ids))
    written = insert(image_metadata).from_select(["image_id", *(one.key for one in columns)], found)
    await session.execute(Named(project_id, image_ids).of(written))


async def _write_lines(
    session: AsyncSession,
    change_id: str,
    before: Mapping[str, Mapping[str, NamedValue]],
    new: NewValues,
    now: datetime,
) -> None:
    alike: dict[tuple[str, _Token, _Token], tuple[NamedValue | None, NamedValue | None, list[str]]] = {}
    for image_id, values in new.items():
        there = before.get(image_id, {})
        for key, value in values.items():
            old = there.get(key)
            alike.setdefault((key, _token(old), _token(value)), (old, value, []))[2].append(image_id)
    history, lines = SqlHistoryRepository(session), list[Alteration]()
    for (key, _, _), (old, value, image_ids) in alike.items():
        line = Alteration("", Fact.METADATA, key, _written(old), _written(value))
        if len(image_ids) > _FEW:
            await history.record_alike(change_id, line, select(images.c.id).where(images.c.id.in_(image_ids)), now)
        else:
            lines += [Alteration(one, line.fact, key, line.old, line.new) for one in image_ids]
    await history.record(change_id, lines, now)


async def _mend_tags(session: AsyncSession, project_id: str, new: NewValues, now: datetime) -> None:
    """Make the automatic tags that follow from the keys what they should be."""
    by_keys: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(dict)
    for image_id, values in new.items():
        keys = tuple(key for key in auto_tags.METADATA_KEYS if key in values)
        if keys:
            there = {key: value.value for key in keys if (value := values[key]) is not None}
            by_keys[keys][image_id] = auto_tags.of_metadata(there)
    for keys, wanted in by_keys.items():
        await tag_links.replace_auto_tags(session, project_id, wanted, [f"{key}:" for key in keys], now)


def _token(value: NamedValue | None) -> _Token:
    return None if value is None else (value.key, type(value.value), value.value)


def _written(value: NamedValue | None) -> str | None:
    return None if value is None else metadata_value(value.key, value.value)
