"""Counting images by the value of a field."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, distinct, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.tables import image_metadata, image_tags, images, labels, predictions, tags
from loupe_project.domain.query import tree, values
from loupe_project.domain.search import FacetValue

_OWN_COLUMNS: dict[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
    "label": (images.c.label_folded, images.c.label),
    "format": (images.c.format, images.c.format),
    "batch": (images.c.upload_batch_id, images.c.upload_batch_id),
    "by": (images.c.uploader, images.c.uploader),
}
"""Fields of the image's own row: what tells values apart, and how they are shown."""

FACET_FIELDS = (*_OWN_COLUMNS, "tag", "truth", "model", "is")
"""Fields with facets; metadata of any key beside them."""


async def count_values(
    session: AsyncSession, matching: Select[Any], project_id: str, field: tree.Field, limit: int
) -> list[FacetValue]:
    """Values of the field with the number of images that have them, most frequent first.

    Args:
        session: Open transaction.
        matching: Statement that gives the ids of the images to count.
        project_id: Whose images they are.
        field: One of `FACET_FIELDS`, or metadata.
        limit: At most so many.
    """
    if field.kind is tree.Kind.STATE:
        return await _states(session, matching, project_id, limit)
    rows = (await session.execute(_statement(matching, field).limit(limit))).all()
    return [FacetValue(_written(row.shown, row.number), int(row.hits)) for row in rows]


def _statement(matching: Select[Any], field: tree.Field) -> Select[Any]:
    if field.kind is tree.Kind.METADATA:
        return _metadata(matching, field.key)
    if field.name == "tag":
        return _tags(matching)
    if field.name == "truth":
        return _grouped(matching, labels, labels.c.image_id, labels.c.name_folded, labels.c.display_name)
    if field.name == "model":
        model = predictions.c.model
        return _grouped(matching, predictions, predictions.c.image_id, model, model)
    key, shown = _OWN_COLUMNS[field.name]
    return _grouped(matching, images, images.c.id, key, shown)


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


async def _states(session: AsyncSession, matching: Select[Any], project_id: str, limit: int) -> list[FacetValue]:
    found = []
    for state in tree.State:
        statement = matching.with_only_columns(func.count()).where(condition(tree.StateTerm(state), project_id))
        hits = int((await session.scalar(statement)) or 0)
        if hits:
            found.append(FacetValue(state.value, hits))
    return sorted(found, key=lambda value: -value.count)[:limit]


def _written(text: str | None, number: float | None) -> str:
    if text is None and number is not None:
        return f"{number:.15g}"
    return values.quote(text or "")
