"""What of one image's prediction is right, box by box."""

from dataclasses import dataclass

import numpy as np

from loupe_project.domain import matching
from loupe_project.domain.evaluation import Asked, FoundBox, ModelAnswer
from loupe_project.domain.image import Box, Image, Label
from loupe_project.domain.matching import Boxes
from loupe_project.domain.query import verdicts
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases.get_image import get_image


@dataclass(frozen=True, slots=True)
class Match:
    """A predicted box that meets a label."""

    found: FoundBox
    label: Label
    iou: float


@dataclass(frozen=True, slots=True)
class ImageMatches:
    """An answer beside the labels of its image."""

    image: Image
    answer: ModelAnswer | None
    labels: tuple[Label, ...]
    matched: tuple[Match, ...] = ()
    false_positives: tuple[FoundBox, ...] = ()
    missed: tuple[Label, ...] = ()

    @property
    def is_bad(self) -> bool | None:
        """Whether a label is a defect; None without labels."""
        return any(verdicts.is_defect(one.display_name) for one in self.labels) if self.labels else None

    @property
    def is_predicted_bad(self) -> bool | None:
        """Whether the class or a box of the answer is a defect; None without an answer."""
        if self.answer is None:
            return None
        # A detector's class is that of its surest box.
        called = [one.label for one in self.answer.boxes] if self.answer.is_detector else [self.answer.label or ""]
        return any(map(verdicts.is_defect, called))


async def match_image(store: Store, scope: Scope, project_id: str, image_id: str, asked: Asked) -> ImageMatches:
    """Pair the boxes of an answer with the labels of its image.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ImageNotFound: If there is no such image.
    """
    image = await get_image(store, scope, project_id, image_id)
    answer = await store.evaluation.answer(project_id, image_id, asked)
    labels = tuple(await store.evaluation.labels(image_id))
    if answer is None or not labels:
        return ImageMatches(image, answer, labels)
    boxed = [(label, label.box) for label in labels if label.box is not None]
    found = answer.boxes
    classes: dict[str, int] = {}
    pairs = matching.match(
        _boxes([(one.label, one.box) for one in found], [one.confidence for one in found], classes),
        _boxes([(label.display_name, box) for label, box in boxed], [1.0] * len(boxed), classes),
        asked.min_iou,
    )
    met, meeting = set(pairs.labelled.tolist()), set(pairs.predicted.tolist())
    places = zip(pairs.predicted.tolist(), pairs.labelled.tolist(), pairs.ious.tolist(), strict=True)
    return ImageMatches(
        image,
        answer,
        labels,
        tuple(Match(found[one], boxed[other][0], iou) for one, other, iou in places),
        tuple(one for place, one in enumerate(found) if place not in meeting),
        tuple(label for place, (label, _) in enumerate(boxed) if place not in met),
    )


def _boxes(boxes: list[tuple[str, Box]], confidences: list[float], classes: dict[str, int]) -> Boxes:
    numbers = [classes.setdefault(fold(name), len(classes)) for name, _ in boxes]
    sides = [(box.x, box.y, box.width, box.height) for _, box in boxes]
    return Boxes(
        np.zeros(len(boxes), np.int64),
        np.array(numbers, np.int64),
        np.array(sides, np.float64).reshape(-1, 4),
        np.array(confidences, np.float64),
    )
