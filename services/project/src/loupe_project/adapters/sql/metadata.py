"""Metadata and capture times that people change, written into the histories of the images in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import image_facts, image_names, image_rows, metadata_writes, tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.history import SqlHistoryRepository
from loupe_project.adapters.sql.scope import Sight, sight
from loupe_project.adapters.sql.tables import image_metadata, images
from loupe_project.domain import auto_tags
from loupe_project.domain.history import Alteration, Fact, to_json
from loupe_project.domain.image import MAX_METADATA_KEYS, MetadataValue, NamedValue
from loupe_project.domain.label_files.rows import ImageKey
from loupe_project.domain.metadata_table import TableKey
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold
from loupe_project.ports.metadata import NamedIds

_IMAGE_KEYS = {TableKey.FILE_NAME: ImageKey.FILE_NAME, TableKey.SHA256: ImageKey.SHA256}
_PREFIXES = tuple(f"{key}:" for key in auto_tags.METADATA_KEYS)


class SqlMetadataRepository:
    """See `ports.metadata.MetadataRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_images(self, scope: Scope, project_id: str, key: TableKey, names: Sequence[str]) -> NamedIds:
        """Images that exist for the scope by what a table calls them: file name, hash, or the metadata `serial`."""
        seen = await sight(self._session, scope, project_id)
        if key is TableKey.SERIAL:
            return await _by_serial(self._session, seen, names)
        found = await image_names.find(self._session, seen, _IMAGE_KEYS[key], names, is_stem=False)
        return NamedIds({name: one.id for name, one in found.images.items()}, found.ambiguous)

    async def values_under(self, image_ids: Sequence[str], keys: Collection[str]) -> dict[str, dict[str, NamedValue]]:
        """Values under some folded keys, by folded key, by image id."""
        return await _values_under(self._session, image_ids, keys)

    async def alter(
        self, change_id: str, project_id: str, wanted: Mapping[str, Mapping[str, MetadataValue | None]], now: datetime
    ) -> tuple[list[str], list[str]]:
        """Set and remove metadata, write that into the history, and mend the automatic tags that follow from it."""
        changed: list[str] = []
        too_many: list[str] = []
        for some in chunks(sorted(wanted)):
            named = {key for one in some for key in wanted[one]}
            folded = {key: fold(key, image_rows.KEY_LIMIT) for key in named}
            before = await _values_under(self._session, some, set(folded.values()))
            new = {one: _new_values(before.get(one, {}), wanted[one], folded) for one in some}
            full = await _full(self._session, before, new)
            new = {one: values for one, values in new.items() if values and one not in full}
            too_many += sorted(full)
            changed += list(new)
            await metadata_writes.write(self._session, change_id, project_id, before, new, now)
        return changed, too_many

    async def alter_capture_times(
        self, change_id: str, project_id: str, times: Mapping[str, datetime | None], now: datetime
    ) -> list[str]:
        """Say when images were taken, and write that into the history; their tag of the month follows."""
        changed: list[str] = []
        for some in chunks(sorted(times)):
            found = await self._session.execute(
                select(images.c.id, images.c.capture_time, images.c.upload_time).where(images.c.id.in_(some))
            )
            rows = [row for row in found if row.capture_time != times[row.id]]
            if not rows:
                continue
            await self._session.execute(
                update(images)
                .where(images.c.id == bindparam("image"))
                .values(capture_time=bindparam("time", type_=images.c.capture_time.type), update_time=now),
                [{"image": row.id, "time": times[row.id]} for row in rows],
            )
            lines = [
                Alteration(row.id, Fact.CAPTURE_TIME, "", _iso(row.capture_time), _iso(times[row.id])) for row in rows
            ]
            await SqlHistoryRepository(self._session).record(change_id, lines, now)
            months = {row.id: [auto_tags.month(times[row.id] or row.upload_time)] for row in rows}
            await tag_links.replace_auto_tags(self._session, project_id, months, ["month:"], now)
            changed += [row.id for row in rows]
        return changed


async def mend_tags(session: AsyncSession, project_id: str, image_ids: Sequence[str], now: datetime) -> None:
    """Make the automatic tags that follow from metadata what they should be."""
    for some in chunks(image_ids):
        metadata = await image_facts.metadata_of(session, some)
        wanted = {one: auto_tags.of_metadata(metadata.get(one, {})) for one in some}
        await tag_links.replace_auto_tags(session, project_id, wanted, _PREFIXES, now)


async def _values_under(
    session: AsyncSession, image_ids: Sequence[str], keys: Collection[str]
) -> dict[str, dict[str, NamedValue]]:
    table = image_metadata.c
    found: dict[str, dict[str, NamedValue]] = defaultdict(dict)
    for some in chunks(image_ids):
        statement = select(
            table.image_id, table.key, table.display_key, table.type, table.text_value, table.number_value
        ).where(table.image_id.in_(some), table.key.in_(sorted(keys)))
        for image_id, key, display_key, kind, text, number in await session.execute(statement):
            found[image_id][key] = NamedValue(display_key, image_rows.metadata_value(kind, text, number))
    return found


async def _by_serial(session: AsyncSession, seen: Sight, names: Sequence[str]) -> NamedIds:
    table = image_metadata.c
    folded = {name: fold(name) for name in names}
    found: dict[str, set[str]] = defaultdict(set)
    for some in chunks(sorted(set(folded.values()))):
        statement = select(table.text_folded, table.image_id).where(
            table.project_id == seen.project_id,
            table.key == "serial",
            table.text_folded.in_(some),
            seen.images(table.image_id),
        )
        for text, image_id in await session.execute(statement):
            found[text].add(image_id)
    ones = {name: found.get(text, set()) for name, text in folded.items()}
    return NamedIds(
        {name: next(iter(some)) for name, some in ones.items() if len(some) == 1},
        frozenset(name for name, some in ones.items() if len(some) > 1),
    )


def _new_values(
    before: Mapping[str, NamedValue], wanted: Mapping[str, MetadataValue | None], folded: Mapping[str, str]
) -> dict[str, NamedValue | None]:
    """What really becomes another value, by folded key; None: goes."""
    new: dict[str, NamedValue | None] = {}
    for key, value in wanted.items():
        there = before.get(folded[key])
        is_same = there is None if value is None else there is not None and _equal(there.value, value)
        if not is_same:
            new[folded[key]] = None if value is None else NamedValue(key[: image_rows.KEY_LIMIT], value)
    return new


def _equal(one: MetadataValue, other: MetadataValue) -> bool:
    """Whether two values are the same and of one type: 1 is not true."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


async def _full(
    session: AsyncSession,
    before: Mapping[str, Mapping[str, NamedValue]],
    new: Mapping[str, Mapping[str, NamedValue | None]],
) -> set[str]:
    """Images that would have too many keys."""
    more = {
        one: sum((value is not None) - (key in before.get(one, {})) for key, value in values.items())
        for one, values in new.items()
    }
    most = max(more.values(), default=0)
    if most <= 0:
        return set()
    gaining = [one for one, count in more.items() if count > 0]
    counted = (
        select(image_metadata.c.image_id, func.count())
        .where(image_metadata.c.image_id.in_(gaining))
        .group_by(image_metadata.c.image_id)
        .having(func.count() > MAX_METADATA_KEYS - most)
    )
    return {one for one, count in await session.execute(counted) if count + more[one] > MAX_METADATA_KEYS}


def _iso(time: datetime | None) -> str | None:
    return None if time is None else to_json(time.isoformat())
