"""How good predictions are, measured by labels."""

from collections.abc import Sequence
from dataclasses import dataclass

from loupe.project.v1 import evaluation_service_pb2 as pb
from loupe.project.v1 import evaluation_service_pb2_grpc as pb_grpc
from loupe_client._transport import Transport


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it was counted from."""

    count: int
    total: int
    value: float
    low: float
    """Ends of the 95 % interval after Wilson."""
    high: float


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Good parts and bad ones of labelled images with a prediction."""

    overkill: Rate
    """Good parts that were predicted NG, of all good parts."""
    escape: Rate
    """Bad parts that were predicted OK, of all bad parts."""
    overkill_query: str
    escape_query: str


@dataclass(frozen=True, slots=True)
class ClassMeasurement:
    """How well a class is recognised."""

    label: str
    precision: Rate
    recall: Rate
    f1: float
    average_precision: float
    """For boxes."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """A cell of the confusion matrix."""

    truth: str
    """Empty: nothing is labelled."""
    predicted: str
    """Empty: nothing was predicted."""
    count: int
    query: str
    """Opens its images."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """How well classes of images, or boxes, are recognised."""

    precision: Rate
    recall: Rate
    f1: float
    macro_f1: float
    mean_average_precision: float
    classes: tuple[ClassMeasurement, ...]
    confusions: tuple[Confusion, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Images with one value of a field."""

    field: str
    value: str
    image_count: int
    verified_count: int
    verdicts: Verdicts
    query: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good a model is."""

    image_count: int
    verified_count: int
    """With a label."""
    unverified_count: int
    unanswered_count: int
    """With a label and without a prediction."""
    verdicts: Verdicts
    classes: Measurement | None
    boxes: Measurement | None
    groups: tuple[Group, ...]


class Evaluations:
    """Predictions beside labels."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.EvaluationServiceStub(transport.channel)

    def evaluate(
        self,
        project: str,
        query: str = "",
        *,
        model: str = "",
        min_iou: float = 0.0,
        min_confidence: float = 0.0,
        by: Sequence[str] = (),
    ) -> Evaluation:
        """Measures a model on the labelled images that match.

        Args:
            project: `projects/{project}`.
            query: Which images.
            model: "model@version" or "model"; default: what the project's model said last.
            min_iou: Least overlap of a box and a label; 0 means 0.6.
            min_confidence: Boxes less sure than this do not count.
            by: Fields: line, recipe, camera, model, day, week, month, meta.<key>.
        """
        request = pb.EvaluateModelRequest(
            parent=project, query=query, model=model, min_iou=min_iou, min_confidence=min_confidence, group_by=by
        )
        return _evaluation(self._transport.unary(self._stub.EvaluateModel, request))


def _evaluation(message: pb.Evaluation) -> Evaluation:
    return Evaluation(
        image_count=message.image_count,
        verified_count=message.verified_count,
        unverified_count=message.unverified_count,
        unanswered_count=message.unanswered_count,
        verdicts=_verdicts(message.verdicts),
        classes=_measurement(message.classes) if message.HasField("classes") else None,
        boxes=_measurement(message.boxes) if message.HasField("boxes") else None,
        groups=tuple(
            Group(groups.field, one.value, one.image_count, one.verified_count, _verdicts(one.verdicts), one.query)
            for groups in message.groups
            for one in groups.groups
        ),
    )


def _rate(message: pb.Rate) -> Rate:
    return Rate(message.count, message.total, message.value, message.low, message.high)


def _verdicts(message: pb.VerdictRates) -> Verdicts:
    return Verdicts(_rate(message.overkill), _rate(message.escape), message.overkill_query, message.escape_query)


def _measurement(message: pb.Measurement) -> Measurement:
    return Measurement(
        precision=_rate(message.precision),
        recall=_rate(message.recall),
        f1=message.f1,
        macro_f1=message.macro_f1,
        mean_average_precision=message.mean_average_precision,
        classes=tuple(
            ClassMeasurement(one.label, _rate(one.precision), _rate(one.recall), one.f1, one.average_precision)
            for one in message.classes
        ),
        confusions=tuple(Confusion(one.truth, one.predicted, one.count, one.query) for one in message.cells),
    )
