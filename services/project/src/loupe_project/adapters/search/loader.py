"""Reads facts of images from the SQL store, as they are now or at the start of the transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Double, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.search.facts import BoxFacts, Facts, ImageFacts, MetadataFacts, TagName
from loupe_project.adapters.sql import tables as t
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import kept
from loupe_project.adapters.sql.search_changes import MAX_IDS, Part

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class StoredChanges:
    """All that changed between two versions."""

    parts: Part
    image_ids: list[str]
    """Images whose facts changed."""
    tagged_ids: list[str]
    """Other images, whose tags changed."""
    tag_ids: list[str]
    """Tags whose places are to be read as a whole."""

    @property
    def size(self) -> int:
        """Images that have to be read."""
        return len(self.image_ids) + len(self.tagged_ids)


async def version(session: AsyncSession, project_id: str) -> int:
    """State of a project's facts: rises with every change of them."""
    table = t.search_versions.c
    return int(await session.scalar(select(table.version).where(table.project_id == project_id)) or 0)


async def changes(session: AsyncSession, project_id: str, after: int, until: int) -> StoredChanges | None:
    """What changed after one version until another one; None if the store forgot some of it, or it is too much."""
    table = t.image_changes.c
    within = (table.project_id == project_id, table.version > after, table.version <= until)
    rows = (await session.execute(select(t.image_changes).where(*within).order_by(table.version))).all()
    if after > until or len(rows) != until - after:
        return None
    parts = Part(0)
    for row in rows:
        parts |= Part(row.parts)
    if Part.ALL in parts:
        return None
    changed = _unpacked(row.image_ids for row in rows)
    tagged = _unpacked(row.tagged_ids for row in rows) - changed
    # One tag on a million images is read faster by the tag than by the images, also where many changes put it there.
    by_tag = Part(0) if len(tagged) <= MAX_IDS else Part.TAGS
    tags = _unpacked(row.tag_ids for row in rows if row.parts & (Part.TAG_PLACES | by_tag))
    return StoredChanges(parts, sorted(changed), [] if by_tag else sorted(tagged), sorted(tags))


def _unpacked(packed: Any) -> set[str]:
    return {one for some in packed for one in ids.unpack_ids(some)}


async def image_ids(session: AsyncSession, project_id: str) -> list[str]:
    """Ids of all images of a project that are not in the trash, by rising id."""
    rows = await session.scalars(select(t.images.c.id).where(t.images.c.project_id == project_id, kept(t.images.c.id)))
    return sorted(rows)


async def image_count(session: AsyncSession, project_id: str) -> int:
    """Number of images of a project that are not in the trash."""
    counted = select(func.count()).where(t.images.c.project_id == project_id, kept(t.images.c.id))
    return int(await session.scalar(counted) or 0)


async def facts_of(session: AsyncSession, project_id: str, some_ids: Sequence[str]) -> Facts:
    """Facts of images of a project; those that are gone or in the trash are left out. For any number of ids."""
    facts = Facts([])
    for some in chunks(some_ids):
        await _add(session, facts, lambda column, some=some: column.in_(some), project_id)
    return facts


async def facts_between(session: AsyncSession, project_id: str, first: str, last: str) -> Facts:
    """Facts of the images of a project whose ids lie between two, both included."""
    facts = Facts([])
    await _add(session, facts, lambda column: column.between(first, last), project_id)
    return facts


async def _add(session: AsyncSession, facts: Facts, which: Any, project_id: str) -> None:
    i, m, p, b = t.images.c, t.image_metadata.c, t.predictions.c, t.prediction_boxes.c
    own = [getattr(i, name) for name in ImageFacts._fields]
    images = select(*own).where(which(i.id), _is_of(i, project_id), kept(i.id)).order_by(i.id)
    facts.images += map(ImageFacts._make, (await session.execute(images)).all())
    labels = select(t.labels.c.image_id, t.labels.c.display_name, t.labels.c.name_folded)
    facts.labels += await _all(session, labels.where(_of(t.labels.c, which, project_id)).order_by(t.labels.c.image_id))
    predictions = select(p.image_id, p.model, p.version).where(_of(p, which, project_id)).order_by(p.image_id)
    facts.predictions += await _all(session, predictions)
    values = select(*(getattr(m, name) for name in MetadataFacts._fields)).where(_of(m, which, project_id))
    facts.metadata += map(MetadataFacts._make, (await session.execute(values)).all())
    # MariaDB writes a FLOAT with six digits unless it is a DOUBLE by then.
    places = [cast(column, Double) for column in (b.x, b.y, b.width, b.height)]
    boxes = select(b.image_id, p.model, p.version, b.label, b.label_folded, b.confidence, *places, b.area)
    boxes = boxes.join_from(t.prediction_boxes, t.predictions, p.id == b.prediction_id)
    found = await session.execute(boxes.where(_of(b, which, project_id)))
    facts.boxes += map(BoxFacts._make, found.all())
    facts.scores += await scores(session, project_id, which)
    facts.tag_links += await tag_links(session, project_id, which)


def _of(columns: Any, which: Any, project_id: str) -> Condition:
    return and_(which(columns.image_id), _is_of(columns, project_id))


def _is_of(columns: Any, project_id: str) -> Condition:
    """Rows of the project, said so that no index of projects is used: the ids alone lead to few rows.

    Without statistics SQLite takes an equality for better than a range of the primary key, and would read the whole
    project for every piece of it.
    """
    return func.coalesce(columns.project_id, "") == project_id


async def _all(session: AsyncSession, statement: Any) -> list[Any]:
    return list(map(tuple, (await session.execute(statement)).all()))


async def tag_links(session: AsyncSession, project_id: str, which: Any) -> list[tuple[str, str]]:
    """Image and tag of links.

    Args:
        session: Open transaction.
        project_id: Whose tags.
        which: Makes the condition on the column of image ids.
    """
    c = t.image_tags.c
    joined = t.image_tags.join(t.tags, t.tags.c.id == c.tag_id)
    # Tags are few, so MariaDB would begin with them and read all of their images for every piece of the project.
    links = select(c.image_id, c.tag_id).select_from(joined).prefix_with("STRAIGHT_JOIN", dialect="mariadb")
    return await _all(session, links.where(which(c.image_id), _is_of(t.tags.c, project_id)))


async def tags_of(session: AsyncSession, project_id: str, some_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Image and tag of the links of these images."""
    links: list[tuple[str, str]] = []
    for some in chunks(some_ids):
        links += await tag_links(session, project_id, lambda column, some=some: column.in_(some))
    return links


async def places_of(session: AsyncSession, tag_id: str) -> list[str]:
    """Ids of the images that have a tag."""
    c = t.image_tags.c
    return list(await session.scalars(select(c.image_id).where(c.tag_id == tag_id)))


async def tags(session: AsyncSession, project_id: str) -> dict[str, TagName]:
    """Tags of a project by id."""
    c = t.tags.c
    rows = await session.execute(select(c.id, c.display_name, c.name_folded).where(c.project_id == project_id))
    return {tag: TagName(shown, folded) for tag, shown, folded in rows}


async def scores(session: AsyncSession, project_id: str, which: Any = None) -> list[tuple[str, float]]:
    """Outlier scores by image; of all unless `which` makes a condition on image ids."""
    c = t.outlier_scores.c
    found = select(c.image_id, c.score)
    return await _all(session, found.where(c.project_id == project_id if which is None else _of(c, which, project_id)))


async def duplicates(session: AsyncSession, project_id: str) -> list[tuple[str, str, bool]]:
    """Image, what is kept in its place, whether they are the same."""
    c = t.duplicates.c
    return await _all(session, select(c.image_id, c.keeper_id, c.is_exact).where(c.project_id == project_id))
