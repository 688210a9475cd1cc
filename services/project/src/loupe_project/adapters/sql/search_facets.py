"""Counting images by the value of a field."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, distinct, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.image_rows import NUMBER, TEXT, TRUTH
from loupe_project.adapters.sql.scope import Sight, kept
from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.tables import image_metadata, image_tags, images, labels, predictions, tags
from loupe_project.domain import search
from loupe_project.domain.query import tree, values
from loupe_project.domain.search import FacetValue, MetadataKey, ValueType

_OWN_COLUMNS: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "label": (images.c.label_folded, images.c.label),
    "format": (images.c.format, images.c.format),
    "batch": (images.c.upload_batch_id, images.c.upload_batch_id),
    "by": (images.c.uploader, images.c.uploader),
}
"""Fields of the image's own row: what tells values apart, and how they are shown."""

_VALUE_TYPES = {
    NUMBER: ValueType.NUMBER,
    TEXT: ValueType.TEXT,
    TRUTH: ValueType.TRUTH,
    "TIME": ValueType.TIME,
}

FACET_FIELDS = (*_OWN_COLUMNS, "tag", "truth", "model", "is")
"""Fields with facets; metadata of any key beside them."""


async def count_values(
    session: AsyncSession, matching: Select[Any], project_id: str, field: tree.Field, limit: int, containing: str = ""
) -> list[FacetValue]:
    """Values of the field with the number of images that have them, most frequent first.

    Args:
        session: Open transaction.
        matching: Statement that gives the ids of the images to count.
        project_id: Whose images they are.
        field: One of `FACET_FIELDS`, or metadata.
        limit: At most so many.
        containing: Only values whose folded text holds this.
    """
    if field.kind is tree.Kind.STATE:
        return await _states(session, matching, project_id, limit, containing)
    statement, text = _statement(matching, field)
    if containing:
        statement = statement.where(text.contains(containing, autoescape=True))
    rows = (await session.execute(statement.limit(limit))).all()
    return [FacetValue(written(row.shown, row.number), int(row.hits)) for row in rows]


async def metadata_keys(session: AsyncSession, seen: Sight, prefix: str, limit: int) -> list[MetadataKey]:
    """Keys that begin with a text, of the images that exist for the caller; see the port."""
    table = image_metadata.c
    kind = case((table.time_value.is_not(None), "TIME"), else_=table.type).label("kind")
    statement = (
        select(table.key, func.max(table.display_key), kind, func.count())
        .where(table.project_id == seen.project_id, seen.images(table.image_id))
        .group_by(table.key, kind)
    )
    if seen.scope.everything:
        statement = statement.where(kept(table.image_id))
    if prefix:
        statement = statement.where(table.key.startswith(prefix, autoescape=True))
    rows = (await session.execute(statement)).all()
    found = [(key, shown, _VALUE_TYPES[kind], int(count)) for key, shown, kind, count in rows]
    return search.metadata_keys(found, limit)


def _statement(matching: Select[Any], field: tree.Field) -> tuple[Select[Any], ColumnElement[Any]]:
    """The statement, and the folded text of a value."""
    if field.kind is tree.Kind.METADATA:
        return _metadata(matching, field.key), image_metadata.c.text_folded
    if field.name == "tag":
        return _tags(matching), tags.c.name_folded
    if field.name == "truth":
        folded = labels.c.name_folded
        return _grouped(matching, labels, labels.c.image_id, folded, labels.c.display_name), folded
    if field.name == "model":
        model = predictions.c.model
        return _grouped(matching, predictions, predictions.c.image_id, model, model), func.lower(model)
    key, shown = _OWN_COLUMNS[field.name]
    return _grouped(matching, images, images.c.id, key, shown), func.lower(key)


def _grouped(
    matching: Select[Any],
    source: FromClause,
    image_id: ColumnElement[Any],
    key: ColumnElement[Any],
    shown: ColumnElement[Any],
) -> Select[Any]:
    hits = func.count(distinct(image_id))
    columns: list[ColumnElement[Any]] = [
        func.max(shown).label("shown"),
        literal(None).label("number"),
        hits.label("hits"),
    ]
    statement: Select[Any] = (
        select(*columns)
        .select_from(source)
        .where(image_id.in_(matching), key.is_not(None))
        .group_by(key)
        .order_by(hits.desc(), key)
    )
    return statement


def _tags(matching: Select[Any]) -> Select[Any]:
    # Links are counted by id first: names are looked up once a tag, not once an image.
    link = image_tags.c
    counts = select(link.tag_id, func.count().label("hits")).where(link.image_id.in_(matching))
    counted = counts.group_by(link.tag_id).subquery()
    statement: Select[Any] = (
        select(tags.c.display_name.label("shown"), literal(None).label("number"), counted.c.hits)
        .select_from(counted.join(tags, tags.c.id == counted.c.tag_id))
        .order_by(counted.c.hits.desc(), tags.c.name_folded)
    )
    return statement


def _metadata(matching: Select[Any], key: str) -> Select[Any]:
    hits = func.count()
    value = image_metadata.c
    return (
        select(func.max(value.text_value).label("shown"), value.number_value.label("number"), hits.label("hits"))
        .where(value.key == key, value.image_id.in_(matching))
        .group_by(value.text_folded, value.number_value, value.time_value)
        .order_by(hits.desc(), value.text_folded, value.number_value)
    )


async def _states(
    session: AsyncSession, matching: Select[Any], project_id: str, limit: int, containing: str
) -> list[FacetValue]:
    found = []
    for state in (one for one in tree.State if containing in one.value):
        statement = matching.with_only_columns(func.count()).where(condition(tree.StateTerm(state), project_id))
        hits = int((await session.scalar(statement)) or 0)
        if hits:
            found.append(FacetValue(state.value, hits))
    return sorted(found, key=lambda value: -value.count)[:limit]


def written(text: str | None, number: float | None) -> str:
    """A value as it stands in a query."""
    if text is None and number is not None:
        return f"{number:.15g}"
    return values.quote(text or "")
