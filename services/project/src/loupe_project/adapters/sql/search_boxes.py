"""Conditions on predicted boxes: some box that meets it all, and how many there are.

Boxes are those of the answer that the image's row repeats, the project's own model; a condition that names a
model looks at the boxes of that one.
"""

import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, literal_column, not_, or_, select, true

from loupe_project.adapters.sql.search_matching import any_interval, any_of, any_pattern
from loupe_project.adapters.sql.tables import images, prediction_boxes, predictions
from loupe_project.domain.query import tree

_COLUMNS = {
    "label": prediction_boxes.c.label_folded,
    "conf": prediction_boxes.c.confidence,
    "area": prediction_boxes.c.area,
    "x": prediction_boxes.c.x,
    "y": prediction_boxes.c.y,
    "w": prediction_boxes.c.width,
    "h": prediction_boxes.c.height,
}
_WITH_PREDICTION = prediction_boxes.join(predictions, predictions.c.id == prediction_boxes.c.prediction_id)
_COMPARE: dict[tree.Comparison, Callable[[Any, int], ColumnElement[bool]]] = {
    tree.Comparison.EQUAL: operator.eq,
    tree.Comparison.NOT_EQUAL: operator.ne,
    tree.Comparison.LESS: operator.lt,
    tree.Comparison.AT_MOST: operator.le,
    tree.Comparison.MORE: operator.gt,
    tree.Comparison.AT_LEAST: operator.ge,
}


def box_condition(inner: tree.Node, project_id: str) -> ColumnElement[bool]:
    """The image has a box that meets the condition."""
    if names_model(inner):
        found = select(prediction_boxes.c.image_id).select_from(_WITH_PREDICTION)
        return images.c.id.in_(found.where(prediction_boxes.c.project_id == project_id, _inside(inner)))
    return _boxes(select(literal_column("1")), inner).exists()


def box_count(node: tree.CountTerm) -> ColumnElement[bool]:
    """The number of boxes that meet the condition compares as asked."""
    number = _boxes(select(func.count()), node.condition).scalar_subquery()
    return _COMPARE[node.comparison](number, node.number)


def _boxes(what: Select[Any], inner: tree.Node) -> Select[Any]:
    found = (
        what.select_from(_WITH_PREDICTION)
        .where(prediction_boxes.c.image_id == images.c.id, _inside(inner))
        .correlate(images)
    )
    if not names_model(inner):
        found = found.where(predictions.c.model == images.c.model, predictions.c.version == images.c.version)
    return found


def names_model(node: tree.Node) -> bool:
    """Whether a condition says which model's boxes it means."""
    match node:
        case tree.And(children) | tree.Or(children):
            return any(names_model(child) for child in children)
        case tree.Not(child):
            return names_model(child)
        case _:
            return isinstance(node, tree.ModelTerm)


def _inside(node: tree.Node) -> ColumnElement[bool]:
    match node:
        case tree.And(children):
            return and_(true(), *(_inside(child) for child in children))
        case tree.Or(children):
            return or_(false(), *(_inside(child) for child in children))
        case tree.Not(child):
            return not_(_inside(child).self_group())
        case tree.Contains(pattern):
            return any_pattern(prediction_boxes.c.label_folded, (pattern,))
        case tree.TextTerm(field, patterns):
            return any_pattern(_COLUMNS[field.name], patterns)
        case tree.NumberTerm(field, intervals):
            return any_interval(_COLUMNS[field.name], intervals)
        case tree.ModelTerm(models):
            return any_of([model_condition(name, version) for name, version in models])
        case _:
            return true()


def model_condition(name: tree.Pattern, version: tree.Pattern | None) -> ColumnElement[bool]:
    """What has to hold for a row of `predictions`; no version means any."""
    by_name = any_pattern(predictions.c.model, (name,))
    return by_name if version is None else and_(by_name, any_pattern(predictions.c.version, (version,)))
