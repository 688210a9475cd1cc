"""The value of one field for many images: what colours the points of a map."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, null, select

from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.tables import image_metadata, image_tags, images, outlier_scores, tags
from loupe_project.domain.image import Origin
from loupe_project.domain.query import tree
from loupe_project.ports.analyses import PointValue


def _state() -> ColumnElement[Any]:
    """The most telling state of an image."""
    telling = (tree.State.ESCAPE, tree.State.OVERKILL)
    return case(
        *((condition(tree.StateTerm(state), ""), literal(state.value)) for state in telling),
        else_=func.lower(images.c.state),
    )


_AGREEMENT = case(
    (images.c.label_folded == images.c.truth_folded, literal("right")),
    (and_(images.c.label_folded.is_not(None), images.c.truth_folded.is_not(None)), literal("wrong")),
)
_OUTLIER = select(outlier_scores.c.score).where(outlier_scores.c.image_id == images.c.id).scalar_subquery()

_TEXTS = {
    "label": images.c.label,
    "truth": images.c.truth,
    "format": images.c.format,
    "batch": images.c.upload_batch_id,
    "by": images.c.uploader,
    "model": images.c.model,
    "is": _state(),
    "agreement": _AGREEMENT,
}
_NUMBERS = {
    "conf": images.c.confidence,
    "width": images.c.width,
    "height": images.c.height,
    "brightness": images.c.brightness,
    "contrast": images.c.contrast,
    "sharpness": images.c.sharpness,
    "size": images.c.size_bytes,
    "outlier": _OUTLIER,
}


def statement(field: tree.Field) -> Select[Any]:
    """Rows of image id, text and number; for tags as many rows as an image has of those that people gave it."""
    if field.name == "tag":
        tagged = images.join(image_tags, image_tags.c.image_id == images.c.id).join(
            tags, tags.c.id == image_tags.c.tag_id
        )
        columns = select(images.c.id, tags.c.display_name.label("text"), null().label("number"))
        return columns.select_from(tagged).where(image_tags.c.origin != Origin.AUTO)
    if field.kind is tree.Kind.METADATA:
        table = image_metadata.c
        columns = select(images.c.id, table.text_value.label("text"), table.number_value.label("number"))
        return columns.join(image_metadata, table.image_id == images.c.id).where(table.key == field.key)
    text = _TEXTS.get(field.name, null())
    number = _NUMBERS.get(field.name, null())
    return select(images.c.id, text.label("text"), number.label("number"))


def read(rows: Iterable[Row[Any]]) -> dict[str, PointValue]:
    """Values by image id, a number where there is one."""
    return {row.id: row.text if row.number is None else float(row.number) for row in rows}


def most_common(rows: Sequence[Row[Any]]) -> dict[str, PointValue]:
    """For each image the one of its texts that most images have; of equally frequent ones the first by name."""
    hits = Counter(row.text for row in rows)
    rank = {text: place for place, text in enumerate(sorted(hits, key=lambda text: (-hits[text], text)))}
    best: dict[str, str] = {}
    for row in rows:
        before = best.get(row.id)
        if before is None or rank[row.text] < rank[before]:
            best[row.id] = row.text
    return dict(best)
