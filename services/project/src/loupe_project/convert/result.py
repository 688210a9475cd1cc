"""Results of analyses as inference reports them."""

from loupe.project.v1 import result_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.job import Appearance, FoundBox, Result


def of_message(message: pb.ImageResult, field: str) -> Result:
    """What became of one image.

    Raises:
        InvalidArgument: If it holds neither a prediction nor a failure.
    """
    outcome = message.WhichOneof("outcome")
    if outcome is None:
        raise InvalidArgument(
            f"{field} says nothing; give a prediction or a failure.",
            fields=[FieldViolation(f"{field}.outcome", "must be set")],
        )
    if outcome == "failure":
        return _result(message, failure=message.failure.SerializeToString(deterministic=True))
    prediction = message.prediction
    output = prediction.SerializeToString(deterministic=True)
    if prediction.WhichOneof("output") == "boxes":
        boxes = tuple(
            FoundBox(one.label, one.confidence, one.x, one.y, one.width, one.height) for one in prediction.boxes.boxes
        )
        first = boxes[0] if boxes else None
        return _result(
            message,
            task="detection",
            output=output,
            boxes=boxes,
            label=first.label if first else None,
            confidence=first.confidence if first else None,
        )
    scores = prediction.class_scores.scores
    return _result(
        message,
        task="classification",
        output=output,
        label=scores[0].label if scores else None,
        confidence=scores[0].confidence if scores else None,
    )


def _result(
    message: pb.ImageResult,
    *,
    task: str = "",
    label: str | None = None,
    confidence: float | None = None,
    boxes: tuple[FoundBox, ...] = (),
    output: bytes | None = None,
    failure: bytes | None = None,
) -> Result:
    return Result(
        project_id=message.project_id,
        image_id=message.image_id,
        model=message.model,
        version=message.version,
        attempt=message.attempt,
        task=task,
        label=label,
        confidence=confidence,
        boxes=boxes,
        output=output,
        failure=failure,
        feature_dimension=message.feature_dimension,
        appearance=_appearance(message.appearance) if message.HasField("appearance") else None,
    )


def _appearance(message: pb.ImageAppearance) -> Appearance:
    return Appearance(message.brightness, message.contrast, message.sharpness)
