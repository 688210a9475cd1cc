"""Which predicted boxes meet which labels: one to one, the surest box first, as COCO does it.

Going through the predicted boxes from the surest to the least sure, each takes the label of its class in its image
that it overlaps most, among those that are free and that it overlaps enough. Of equal ones the first is taken.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DEFAULT_MIN_IOU = 0.6

_SLACK = 1e-6
"""Coordinates are kept in single precision: an overlap of 0.6 may come out a hair below."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """N boxes of some images."""

    images: Ints
    """(N,), which image: any numbers."""
    classes: Ints
    """(N,), which class: numbers from 0."""
    sides: Floats
    """(N, 4), x, y, width, height in pixels, origin top left."""
    confidences: Floats
    """(N,), in [0, 1]; 1 for labels."""

    def __len__(self) -> int:
        return len(self.images)

    def only(self, which: NDArray[np.bool_]) -> "Boxes":
        """Some of them, (N,) bool."""
        return Boxes(self.images[which], self.classes[which], self.sides[which], self.confidences[which])


@dataclass(frozen=True, slots=True)
class Pairs:
    """M pairs of a predicted box and a label; each of either is in one pair at most."""

    predicted: Ints
    """(M,), places among the predicted boxes."""
    labelled: Ints
    """(M,), places among the labels."""
    ious: Floats
    """(M,), overlap of the two, in [0, 1]."""


def match(predicted: Boxes, labelled: Boxes, min_iou: float, *, same_class: bool = True) -> Pairs:
    """Pair predicted boxes with labels of the same image.

    Args:
        predicted: N boxes.
        labelled: L boxes.
        min_iou: Least intersection over union, in (0, 1].
        same_class: Whether a pair must be of one class.
    """
    left, right = _neighbours(predicted, labelled, same_class=same_class)
    ious = iou(predicted.sides[left], labelled.sides[right])
    enough = ious >= min_iou - _SLACK
    left, right, ious = left[enough], right[enough], ious[enough]
    # A place in the order for each predicted box first, so that equally sure ones are not mixed with each other.
    turn = np.empty(len(predicted), np.int64)
    turn[np.argsort(-predicted.confidences, kind="stable")] = np.arange(len(predicted))
    order = np.lexsort((right, -ious, turn[left]))
    chosen = _greedy(left[order], right[order])
    picked = order[chosen]
    return Pairs(left[picked], right[picked], ious[picked])


def iou(one: Floats, other: Floats) -> Floats:
    """Intersection over union of boxes pair by pair: two arrays (M, 4) of x, y, width, height to (M,), in [0, 1]."""
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1) - shared
    overlap: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap


def _neighbours(predicted: Boxes, labelled: Boxes, *, same_class: bool) -> tuple[Ints, Ints]:
    """All pairs of a predicted box and a label that may meet, by their places."""
    mine, theirs = predicted.images, labelled.images
    if same_class:
        width = 1 + max(predicted.classes.max(initial=0), labelled.classes.max(initial=0))
        mine, theirs = mine * width + predicted.classes, theirs * width + labelled.classes
    order = np.argsort(theirs, kind="stable")
    first = np.searchsorted(theirs[order], mine, "left")
    counts = np.searchsorted(theirs[order], mine, "right") - first
    left = np.repeat(np.arange(len(mine)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[np.repeat(first, counts) + within]


def _greedy(left: Ints, right: Ints) -> Ints:
    """Places of the pairs that are taken, going through them in order."""
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    chosen = []
    for place, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        if one not in taken_left and other not in taken_right:
            taken_left.add(one)
            taken_right.add(other)
            chosen.append(place)
    return np.array(chosen, np.int64)


def average_precision(confidences: Floats, right: NDArray[np.bool_], label_count: int) -> float:
    """Area under the curve of precision by recall, at the 101 recalls that COCO uses.

    Args:
        confidences: Of N predicted boxes, (N,).
        right: Whether each met a label, (N,).
        label_count: How many labels there were to meet.

    Returns:
        A number in [0, 1]; 0 where there are no labels.
    """
    if not label_count or not len(confidences):
        return 0.0
    hits = np.cumsum(right[np.argsort(-confidences, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    # Precision at a recall is the best that any recall from there on has.
    best = np.maximum.accumulate(precision[::-1])[::-1]
    recalls = np.arange(101) / 100
    places = np.searchsorted(hits / label_count, recalls - 1e-12, "left")
    return float(np.append(best, 0.0)[np.minimum(places, len(best))].mean())
