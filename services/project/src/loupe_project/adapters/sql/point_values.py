"""The value of one field for many images: what colours the points of a map."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, null, select

from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.tables import image_metadata, images
from loupe_project.domain.query import tree
from loupe_project.ports.analyses import PointValue


def _state() -> ColumnElement[Any]:
    """The most telling state of an image."""
    telling = (tree.State.ESCAPE, tree.State.OVERKILL)
    return case(
        *((condition(tree.StateTerm(state), ""), literal(state.value)) for state in telling),
        else_=func.lower(images.c.state),
    )


_TEXTS = {
    "label": images.c.label,
    "truth": images.c.truth,
    "format": images.c.format,
    "batch": images.c.upload_batch_id,
    "by": images.c.uploader,
    "model": images.c.model,
    "is": _state(),
}
_NUMBERS = {
    "conf": images.c.confidence,
    "width": images.c.width,
    "height": images.c.height,
    "size": images.c.size_bytes,
}
POINT_FIELDS = (*_TEXTS, *_NUMBERS)
"""Fields that points can be coloured by, beside metadata."""


def statement(field: tree.Field, image_ids: Sequence[str]) -> Select[Any]:
    """Rows of image id, text and number."""
    if field.kind is tree.Kind.METADATA:
        table = image_metadata.c
        return select(
            table.image_id.label("id"), table.text_value.label("text"), table.number_value.label("number")
        ).where(table.key == field.key, table.image_id.in_(image_ids))
    text = _TEXTS.get(field.name, null())
    number = _NUMBERS.get(field.name, null())
    return select(images.c.id, text.label("text"), number.label("number")).where(images.c.id.in_(image_ids))


def read(rows: Iterable[Row[Any]]) -> dict[str, PointValue]:
    """Values by image id, a number where there is one."""
    return {row.id: row.text if row.number is None else float(row.number) for row in rows}
