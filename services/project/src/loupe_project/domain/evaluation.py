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
from loupe_project.domain.text import fold

MAX_CLASSES = 200
"""Most classes that an answer lists."""
MAX_GROUPS = 200
"""Most values of a field that an answer lists."""

Cell = tuple[str, str]
"""Class by label and class by prediction; empty for none."""
_NOTHING = -1
"""Number of the class that such a none is."""


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
    image_ids: Sequence[str] = ()
    """Of the images, at the places that the boxes name."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the boxes of a piece: each pair is one outcome, and each box that is alone."""

    images: Ints
    """(M,), places of their images."""
    truths: Ints
    """(M,), class by label; -1: nothing is labelled there."""
    called: Ints
    """(M,), class by prediction; -1: nothing was predicted there."""
    is_right: NDArray[np.bool_]
    """(N,), whether each predicted box meets a label of its class."""


def outcomes(piece: BoxPiece, min_iou: float) -> Outcomes:
    """Pair the boxes of a piece: those of one class first; what is left over may be the same thing under two names."""
    predicted, labelled = piece.predicted, piece.labelled
    pairs = matching.match(predicted, labelled, min_iou)
    is_right, is_found = _marks(len(predicted), pairs.predicted), _marks(len(labelled), pairs.labelled)
    wrong, missed = predicted.only(~is_right), labelled.only(~is_found)
    confused = matching.match(wrong, missed, min_iou, same_class=False)
    alone = wrong.only(~_marks(len(wrong), confused.predicted))
    lost = missed.only(~_marks(len(missed), confused.labelled))
    right = labelled.only(is_found)
    return Outcomes(
        images=np.concatenate([right.images, missed.images[confused.labelled], alone.images, lost.images]),
        truths=np.concatenate(
            [right.classes, missed.classes[confused.labelled], np.full(len(alone), _NOTHING), lost.classes]
        ),
        called=np.concatenate(
            [right.classes, wrong.classes[confused.predicted], alone.classes, np.full(len(lost), _NOTHING)]
        ),
        is_right=is_right,
    )


def images_of_cell(piece: BoxPiece, min_iou: float, cell: Cell, names: Sequence[str]) -> list[str]:
    """Ids of the images of a piece that have an outcome of a cell.

    Args:
        piece: Boxes, and whose they are.
        min_iou: As it was counted with.
        cell: Class by label and class by prediction, upper and lower case alike; empty for none.
        names: Name of each class by its number.
    """
    numbers = {fold(name): number for number, name in enumerate(names)} | {"": _NOTHING}
    truth, called = (numbers.get(fold(name)) for name in cell)
    if truth is None or called is None:
        return []
    found = outcomes(piece, min_iou)
    places = found.images[(found.truths == truth) & (found.called == called)]
    return [piece.image_ids[place] for place in np.unique(places).tolist()]


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
        found = outcomes(piece, self.min_iou)
        self._confidences.append(piece.predicted.confidences)
        self._classes.append(piece.predicted.classes)
        self._right.append(found.is_right)
        self._labels.update(piece.labelled.classes.tolist())
        self._cells.update(zip(found.truths.tolist(), found.called.tolist(), strict=True))

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


def _marks(length: int, places: Ints) -> NDArray[np.bool_]:
    marks = np.zeros(length, np.bool_)
    marks[places] = True
    return marks


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
