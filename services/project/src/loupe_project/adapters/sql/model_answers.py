"""Images with the answer of the model that is measured: the project's own, or any that saw them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, not_, or_, select

from loupe_project.adapters.sql.search_matching import given
from loupe_project.adapters.sql.tables import images, prediction_boxes, predictions
from loupe_project.adapters.sql.verdict_conditions import predicted_defect
from loupe_project.domain.evaluation import Asked
from loupe_project.domain.query import verdicts

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Answers:
    """What to select from, and columns and conditions on it; one row for each image."""

    source: FromClause
    prediction_id: ColumnElement[str]
    model: ColumnElement[Any]
    version: ColumnElement[Any]
    label: ColumnElement[Any]
    label_folded: ColumnElement[Any]
    confidence: ColumnElement[Any]
    time: ColumnElement[datetime]
    exists: Condition
    """The model answered."""
    is_defect: Condition
    """It found a defect."""
    is_classifier: Condition
    """It answered with a class of the image."""
    is_detector: Condition
    """It answered with boxes, maybe none."""


def answers_of(project_id: str, asked: Asked) -> Answers:
    """Images of the project with their answers.

    Args:
        project_id: Whose images they are.
        asked: Whose answers, and how sure its boxes have to be.
    """
    found = predictions.c
    if asked.model:
        joined = and_(found.image_id == images.c.id, found.model == asked.model, _is_version(asked.version))
        own = found
    else:
        joined = and_(found.image_id == images.c.id, found.model == images.c.model, found.version == images.c.version)
        own = images.c
    boxes = select(prediction_boxes.c.number).where(prediction_boxes.c.prediction_id == found.id)
    is_answered = found.id.is_not(None) if asked.model else images.c.model.is_not(None)
    has_boxes = exists(boxes.correlate(predictions))
    return Answers(
        source=images.outerjoin(predictions, joined),
        prediction_id=found.id,
        model=own.model,
        version=own.version,
        label=own.label,
        label_folded=own.label_folded,
        confidence=own.confidence,
        time=found.create_time,
        exists=is_answered,
        is_defect=predicted_defect(project_id) if asked.is_searchable else _is_defect(asked, boxes, has_boxes),
        is_classifier=and_(is_answered, own.label_folded.is_not(None), not_(has_boxes)),
        is_detector=and_(is_answered, or_(own.label_folded.is_(None), has_boxes)),
    )


def _is_version(version: str) -> Condition:
    if version:
        return predictions.c.version == version
    newer = predictions.alias("newer")
    is_newer = or_(
        newer.c.create_time > predictions.c.create_time,
        and_(newer.c.create_time == predictions.c.create_time, newer.c.id > predictions.c.id),
    )
    later = exists(
        select(newer.c.id)
        .where(newer.c.image_id == predictions.c.image_id, newer.c.model == predictions.c.model, is_newer)
        .correlate(predictions)
    )
    return not_(later)


def _is_defect(asked: Asked, boxes: Any, has_boxes: Condition) -> Condition:
    """The class of the image is a defect, or a box that is sure enough is."""
    row, box = (predictions.c if asked.model else images.c), prediction_boxes.c
    # A detector's class is that of its surest box.
    as_class = and_(
        given(row.label_folded, row.label_folded.not_in(verdicts.GOOD)),
        or_(row.confidence >= asked.min_confidence, not_(has_boxes)),
    )
    in_box = boxes.where(box.label_folded.not_in(verdicts.GOOD), box.confidence >= asked.min_confidence)
    return or_(as_class, exists(in_box.correlate(predictions)))
