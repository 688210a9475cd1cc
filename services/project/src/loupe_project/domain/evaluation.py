"""How good predictions are, measured by labels: classes of images, and boxes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from loupe_project.domain import matching
from loupe_project.domain.image import Box
from loupe_project.domain.matching import Boxes, Ints
from loupe_project.domain.rates import Rate, VerdictCounts, f1

MAX_CLASSES = 200
"""Most classes that an answer lists."""
MAX_GROUPS = 200
"""Most values of a field that an answer lists."""

Cell = tuple[str, str]
"""Class by label and class by prediction; empty for none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is measured."""

    model: str = ""
    """Empty: what the project's model said last of each image."""
    version: str = ""
    """Empty: any; of an image with answers of several the last one counts."""
    min_iou: float = matching.DEFAULT_MIN_IOU
    min_confidence: float = 0.0

    @property
    def is_searchable(self) -> bool:
        """Whether search sees the same predictions, so that a query can open what was counted."""
        return not self.model and not self.min_confidence


@dataclass(frozen=True, slots=True)
class FoundBox:
    """A box of an answer."""

    label: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What one version of a model said of an image."""

    model: str
    version: str
    label: str | None
    """The class that it is surest of; None: it found nothing."""
    is_detector: bool
    time: datetime
    boxes: tuple[FoundBox, ...]
    """The surest first."""


@dataclass(frozen=True, slots=True)
class ClassMeasurement:
    """How well one class is recognised."""

    label: str
    labels: int
    predictions: int
    right: int
    average_precision: float = 0.0

    @property
    def precision(self) -> Rate:
        """Of its predictions, those that are right."""
        return Rate(self.right, self.predictions)

    @property
    def recall(self) -> Rate:
        """Of its labels, those that were found."""
        return Rate(self.right, self.labels)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return f1(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class Measurement:
    """How well all classes are recognised."""

    classes: tuple[ClassMeasurement, ...]
    """By name."""
    cells: Mapping[Cell, int]
    """Confusions and right answers, those that occur."""

    @property
    def right(self) -> int:
        """Right answers."""
        return sum(one.right for one in self.classes)

    @property
    def precision(self) -> Rate:
        """Right answers of all predictions."""
        return Rate(self.right, sum(one.predictions for one in self.classes))

    @property
    def recall(self) -> Rate:
        """Right answers of all labels."""
        return Rate(self.right, sum(one.labels for one in self.classes))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall over all."""
        return f1(self.precision, self.recall)

    @property
    def macro_f1(self) -> float:
        """Mean over the classes that have labels; 0 without any."""
        return _mean([one.f1 for one in self.classes if one.labels])

    @property
    def mean_average_precision(self) -> float:
        """Mean over the classes that have labels; 0 without any."""
        return _mean([one.average_precision for one in self.classes if one.labels])


@dataclass(frozen=True, slots=True)
class Group:
    """Verdicts of the images with one value of a field."""

    value: str
    """As it is written in a query; empty: without the field."""
    counts: VerdictCounts
    query: str
    """What the images of the group have in common, as a query."""


@dataclass(frozen=True, slots=True)
class GroupedVerdicts:
    """Verdicts by the values of one field."""

    field: str
    groups: tuple[Group, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was measured."""

    verdicts: VerdictCounts
    classes: Measurement | None
    boxes: Measurement | None
    groups: tuple[GroupedVerdicts, ...]


def of_pairs(pairs: Mapping[Cell, int]) -> Measurement | None:
    """Classes of images from how often each class was called what; None for none at all."""
    if not pairs:
        return None
    labels: Counter[str] = Counter()
    predictions: Counter[str] = Counter()
    for (truth, predicted), count in pairs.items():
        labels[truth] += count
        predictions[predicted] += count
    names = sorted(labels.keys() | predictions.keys())
    return Measurement(
        tuple(ClassMeasurement(name, labels[name], predictions[name], pairs.get((name, name), 0)) for name in names),
        dict(pairs),
    )


@dataclass(frozen=True, slots=True)
class BoxPiece:
    """Predicted and labelled boxes of some images; classes are numbers that hold for all pieces."""

    predicted: Boxes
    labelled: Boxes


@dataclass(slots=True)
class BoxTally:
    """Counts boxes piece by piece. An image is in one piece alone."""

    min_iou: float
    _confidences: list[NDArray[np.float64]] = field(default_factory=list)
    _classes: list[Ints] = field(default_factory=list)
    _right: list[NDArray[np.bool_]] = field(default_factory=list)
    _labels: Counter[int] = field(default_factory=Counter)
    _cells: Counter[tuple[int, int]] = field(default_factory=Counter)

    def add(self, piece: BoxPiece) -> None:
        """Count the boxes of some more images."""
        predicted, labelled = piece.predicted, piece.labelled
        pairs = matching.match(predicted, labelled, self.min_iou)
        is_right, is_found = _marks(len(predicted), pairs.predicted), _marks(len(labelled), pairs.labelled)
        self._confidences.append(predicted.confidences)
        self._classes.append(predicted.classes)
        self._right.append(is_right)
        self._labels.update(labelled.classes.tolist())
        self._cells.update((one, one) for one in labelled.classes[is_found].tolist())
        self._confuse(predicted.only(~is_right), labelled.only(~is_found))

    def _confuse(self, wrong: Boxes, missed: Boxes) -> None:
        """What is left over on both sides may be the same thing under two names."""
        pairs = matching.match(wrong, missed, self.min_iou, same_class=False)
        truths, called = missed.classes[pairs.labelled].tolist(), wrong.classes[pairs.predicted].tolist()
        self._cells.update(zip(truths, called, strict=True))
        alone = wrong.classes[~_marks(len(wrong), pairs.predicted)].tolist()
        self._cells.update((_NOTHING, one) for one in alone)
        lost = missed.classes[~_marks(len(missed), pairs.labelled)].tolist()
        self._cells.update((one, _NOTHING) for one in lost)

    def result(self, names: Sequence[str]) -> Measurement:
        """All that was counted.

        Args:
            names: Name of each class by its number.
        """
        empty: list[NDArray[np.float64]] = [np.empty(0)]
        confidences = np.concatenate(self._confidences or empty)
        classes = np.concatenate(self._classes or [np.empty(0, np.int64)])
        right = np.concatenate(self._right or [np.empty(0, np.bool_)])
        order = np.argsort(classes, kind="stable")
        ends = np.searchsorted(classes[order], np.arange(len(names) + 1))
        measured = []
        for number, name in sorted(enumerate(names), key=lambda one: one[1]):
            own, labels = order[ends[number] : ends[number + 1]], self._labels[number]
            if labels or len(own):
                precision = matching.average_precision(confidences[own], right[own], labels)
                measured.append(ClassMeasurement(name, labels, len(own), int(right[own].sum()), precision))
        shown = {_NOTHING: "", **dict(enumerate(names))}
        return Measurement(tuple(measured), {(shown[a], shown[b]): count for (a, b), count in self._cells.items()})


_NOTHING = -1


def _marks(length: int, places: Ints) -> NDArray[np.bool_]:
    marks = np.zeros(length, np.bool_)
    marks[places] = True
    return marks


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
