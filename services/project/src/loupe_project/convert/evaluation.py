"""What is asked of an evaluation, and what was measured, as messages."""

import re
from collections import Counter
from collections.abc import Iterable

from loupe.project.v1 import evaluation_service_pb2 as pb
from loupe.project.v1 import image_pb2
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert.values import timestamp
from loupe_project.domain import matching, names
from loupe_project.domain.evaluation import (
    MAX_CLASSES,
    Asked,
    Cell,
    ClassMeasurement,
    Evaluation,
    FoundBox,
    GroupedVerdicts,
    Measurement,
)
from loupe_project.domain.image import Box, Label
from loupe_project.domain.query import values
from loupe_project.domain.rates import Rate, VerdictCounts
from loupe_project.use_cases.evaluate_model import within
from loupe_project.use_cases.match_image import ImageMatches

_MODEL = re.compile(r"[^@\s]{1,63}(@[^@\s]{1,63})?")


def asked_of(model: str, min_iou: float, min_confidence: float) -> Asked:
    """What is measured.

    Raises:
        InvalidArgument: If the model is not written as "model" or "model@version", or a number is out of its range.
    """
    if model and not _MODEL.fullmatch(model):
        raise InvalidArgument(
            f"{model[:80]!r} is no model; write its id, or id@version.",
            fields=[FieldViolation("model", 'must be "<model>" or "<model>@<version>"')],
        )
    for name, value in (("min_iou", min_iou), ("min_confidence", min_confidence)):
        if not 0 <= value <= 1:
            raise InvalidArgument(
                f"{name} is {value}; it lies in [0, 1].", fields=[FieldViolation(name, "must be in [0, 1]")]
            )
    name, _, version = model.partition("@")
    return Asked(name, version, min_iou or matching.DEFAULT_MIN_IOU, min_confidence)


def to_message(found: Evaluation, asked: Asked, query: str) -> pb.Evaluation:
    """All that was measured.

    Args:
        found: What was measured.
        asked: What was asked for.
        query: Which images; the queries that open parts of them begin with it.
    """
    counts = found.verdicts
    searchable = asked.is_searchable
    message = pb.Evaluation(
        image_count=counts.images,
        verified_count=counts.verified,
        unverified_count=counts.images - counts.verified,
        unanswered_count=counts.verified - counts.known,
        verdicts=_verdicts(counts, query, searchable=searchable),
        groups=[_groups(one, searchable=searchable) for one in found.groups],
        min_iou=asked.min_iou,
        min_confidence=asked.min_confidence,
    )
    if found.classes is not None:
        message.classes.CopyFrom(_measurement(found.classes, _ClassQueries(query) if searchable else None))
    if found.boxes is not None:
        message.boxes.CopyFrom(_measurement(found.boxes, _BoxQueries(query) if searchable else None))
    return message


def _rate(rate: Rate) -> pb.Rate:
    low, high = rate.interval
    return pb.Rate(count=rate.count, total=rate.total, value=rate.value, low=low, high=high)


def _verdicts(counts: VerdictCounts, query: str, *, searchable: bool) -> pb.VerdictRates:
    return pb.VerdictRates(
        true_ok_count=counts.true_ok,
        true_ng_count=counts.true_ng,
        overkill=_rate(counts.overkill),
        escape=_rate(counts.escape),
        overkill_query=within(query, "is:overkill") if searchable else "",
        escape_query=within(query, "is:escape") if searchable else "",
    )


def _groups(found: GroupedVerdicts, *, searchable: bool) -> pb.GroupedRates:
    groups = [
        pb.GroupedRates.Group(
            value=one.value,
            image_count=one.counts.images,
            verified_count=one.counts.known,
            verdicts=_verdicts(one.counts, one.query, searchable=searchable),
            query=one.query,
        )
        for one in found.groups
    ]
    return pb.GroupedRates(field=found.field, groups=groups, truncated=found.truncated)


class _ClassQueries:
    """Queries that open the images of a cell of classes: exactly those."""

    def __init__(self, query: str) -> None:
        self._query = query

    def of(self, cell: Cell) -> str:
        """Images of a class that were called another."""
        truth, predicted = map(values.quote, cell)
        return within(self._query, f"truth:{truth}", f"label:{predicted}")


class _BoxQueries(_ClassQueries):
    """Queries that open images which may have the boxes of a cell."""

    def of(self, cell: Cell) -> str:
        """Images with such boxes, on either side."""
        truth, predicted = cell
        terms = [f"truth:{values.quote(truth)}" if truth else "has:truth"]
        if predicted:
            terms.append(f"box(label:{values.quote(predicted)})")
        return within(self._query, *terms)


def _measurement(found: Measurement, queries: _ClassQueries | None) -> pb.Measurement:
    shown = _most_frequent(found.classes)
    cells = sorted((cell, count) for cell, count in found.cells.items() if {*cell} <= {*shown, ""})
    return pb.Measurement(
        right_count=found.right,
        false_positive_count=found.precision.total - found.right,
        missed_count=found.recall.total - found.right,
        precision=_rate(found.precision),
        recall=_rate(found.recall),
        f1=found.f1,
        macro_f1=found.macro_f1,
        mean_average_precision=found.mean_average_precision,
        classes=[_class(one) for one in found.classes if one.label in shown],
        cells=[
            pb.ConfusionCell(
                truth=cell[0], predicted=cell[1], count=count, query=queries.of(cell) if queries is not None else ""
            )
            for cell, count in cells
        ],
        truncated=len(shown) < len(found.classes),
    )


def _most_frequent(classes: Iterable[ClassMeasurement]) -> set[str]:
    sizes = Counter({one.label: one.labels + one.predictions for one in classes})
    return {label for label, _ in sizes.most_common(MAX_CLASSES)}


def _class(one: ClassMeasurement) -> pb.ClassMeasurement:
    return pb.ClassMeasurement(
        label=one.label,
        label_count=one.labels,
        prediction_count=one.predictions,
        right_count=one.right,
        precision=_rate(one.precision),
        recall=_rate(one.recall),
        f1=one.f1,
        average_precision=one.average_precision,
    )


_VERDICTS = {
    (False, False): pb.ImageMatches.VERDICT_TRUE_OK,
    (True, True): pb.ImageMatches.VERDICT_TRUE_NG,
    (False, True): pb.ImageMatches.VERDICT_OVERKILL,
    (True, False): pb.ImageMatches.VERDICT_ESCAPE,
}


def matches_to_message(found: ImageMatches) -> pb.ImageMatches:
    """An answer beside the labels of its image."""
    project_id, answer = found.image.project_id, found.answer
    verdict = pb.ImageMatches.VERDICT_UNSPECIFIED
    if found.is_bad is not None and found.is_predicted_bad is not None:
        verdict = _VERDICTS[found.is_bad, found.is_predicted_bad]
    return pb.ImageMatches(
        is_verified=bool(found.labels),
        verdict=verdict,
        truth=found.image.truth or "",
        predicted=(answer.label or "") if answer else "",
        matched=[_match(project_id, one.label, one.found, one.iou) for one in found.matched],
        false_positives=[_match(project_id, None, one) for one in found.false_positives],
        missed=[_match(project_id, one, None) for one in found.missed],
        model=f"{answer.model}@{answer.version}" if answer else "",
        predict_time=timestamp(answer.time) if answer else None,
    )


def _match(project_id: str, label: Label | None, found: FoundBox | None, iou: float = 0.0) -> pb.ImageMatches.Match:
    message = pb.ImageMatches.Match(iou=iou)
    if label is not None:
        message.label = names.label(project_id, label.image_id, label.id)
        message.label_class = label.display_name
        if label.box is not None:
            message.label_box.CopyFrom(_box(label.box))
    if found is not None:
        message.predicted_class = found.label
        message.predicted_box.CopyFrom(_box(found.box))
        message.confidence = found.confidence
    return message


def _box(box: Box) -> image_pb2.BoundingBox:
    return image_pb2.BoundingBox(x=box.x, y=box.y, width=box.width, height=box.height)
