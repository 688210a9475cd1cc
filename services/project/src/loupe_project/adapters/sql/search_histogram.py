"""Counting images by where a number or a time of theirs lies."""

from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.tables import image_metadata, images, outlier_scores
from loupe_project.domain.query import tree
from loupe_project.domain.search import Histogram, number_edges, time_edges

_OWN_COLUMNS: dict[str, ColumnElement[Any]] = {
    "conf": images.c.confidence,
    "width": images.c.width,
    "height": images.c.height,
    "brightness": images.c.brightness,
    "contrast": images.c.contrast,
    "sharpness": images.c.sharpness,
    "size": images.c.size_bytes,
    "at": images.c.capture_time,
    "uploaded": images.c.upload_time,
}


async def histogram(
    session: AsyncSession, matching: Select[Any], total: int, field: tree.Field, bins: int
) -> Histogram:
    """See the port.

    Args:
        session: Open transaction.
        matching: Statement that gives the ids of the images to count.
        total: How many those are.
        field: Whose values.
        bins: How many bins.
    """
    source, image_id, value, which = _column(field)
    held = and_(image_id.in_(matching), value.is_not(None), which)
    ends = select(func.min(value), func.max(value), func.count()).select_from(source).where(held)
    low, high, count = (await session.execute(ends)).one()
    if not count:
        return Histogram((), (), total)
    is_time = field.kind is tree.Kind.TIME
    edges = time_edges(low, high, bins) if is_time else number_edges(float(low), float(high), bins)
    # Counted from each edge upwards: what lies in a bin is the difference, and no value falls between two of them.
    above = [func.sum(case((value >= edge, 1), else_=0)) for edge in edges[:-1]]
    sums = (await session.execute(select(*above).select_from(source).where(held))).one()
    at_least = [*(int(one) for one in sums), 0]
    counts = tuple(one - following for one, following in pairwise(at_least))
    return Histogram(edges, counts, total - int(count))


def _column(field: tree.Field) -> tuple[FromClause, ColumnElement[Any], ColumnElement[Any], ColumnElement[bool]]:
    if field.kind is tree.Kind.METADATA:
        table = image_metadata.c
        return image_metadata, table.image_id, table.number_value, table.key == field.key
    if field.name == "outlier":
        return outlier_scores, outlier_scores.c.image_id, outlier_scores.c.score, true()
    return images, images.c.id, _OWN_COLUMNS[field.name], true()
