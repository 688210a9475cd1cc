"""Answers of models, as inference reports them."""

from loupe.inference.v1 import prediction_pb2
from loupe_project.domain.job import FoundBox, Result
from tests.integration.project.conftest import MODEL, Project


async def say(project: Project, image: str, label: str, confidence: float = 0.8) -> None:
    """The project's model calls an image something."""
    scores = prediction_pb2.ClassScores(scores=[prediction_pb2.ClassScore(label=label, confidence=confidence)])
    output = prediction_pb2.Prediction(class_scores=scores).SerializeToString()
    await _report(project, _result(image, "classification", output, label, confidence))


async def find(project: Project, image: str, *boxes: FoundBox) -> None:
    """The project's model finds objects, the surest first; maybe none."""
    found = [
        prediction_pb2.Box(
            label=one.label, confidence=one.confidence, x=one.x, y=one.y, width=one.width, height=one.height
        )
        for one in boxes
    ]
    output = prediction_pb2.Prediction(boxes=prediction_pb2.Boxes(boxes=found)).SerializeToString()
    first = boxes[0] if boxes else None
    label, confidence = (first.label, first.confidence) if first else (None, None)
    await _report(project, _result(image, "detection", output, label, confidence, boxes))


def _result(
    image: str,
    task: str,
    output: bytes,
    label: str | None,
    confidence: float | None,
    boxes: tuple[FoundBox, ...] = (),
) -> Result:
    _, project_id, _, image_id = image.split("/")
    return Result(
        project_id=project_id,
        image_id=image_id,
        model=MODEL,
        version="1",
        attempt=1,
        task=task,
        label=label,
        confidence=confidence,
        boxes=boxes,
        output=output,
        feature_dimension=4,
    )


async def _report(project: Project, result: Result) -> None:
    async with project.parts.stores() as store:
        assert await store.results.store([result], project.parts.clock.now()) == 1
        await store.commit()
