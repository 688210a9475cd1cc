"""How good answers are: average precision of boxes, F1 of classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

LEAST_SCORE = 0.02
MOST_CANDIDATES = 300
MOST_BOXES = 100
SAME_BOX = 0.5
"""Of two boxes of a class with a greater IoU, the one with the lower score is dropped."""

_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes of one image, found or true."""

    boxes: Floats
    """(K, 4), x1 y1 x2 y2."""
    classes: Integers
    """(K,)."""
    scores: Floats
    """(K,), [0, 1]; 1 for true ones."""


def best_boxes(scores: Floats, boxes: Floats) -> Boxes:
    """What a detector says about one image: boxes above the least score, each thing once, best first.

    Args:
        scores: (P, C).
        boxes: (P, 4).
    """
    cells, classes = np.nonzero(scores > LEAST_SCORE)
    found = scores[cells, classes]
    order = np.argsort(-found, kind="stable")[:MOST_CANDIDATES]
    chosen = Boxes(boxes[cells[order]], classes[order], found[order])
    overlaps = pairwise_iou(chosen.boxes, chosen.boxes)
    overlaps[chosen.classes[:, None] != chosen.classes[None]] = 0
    kept: list[int] = []
    dropped = np.zeros(len(order), bool)
    for at in range(len(order)):
        if not dropped[at] and len(kept) < MOST_BOXES:
            kept.append(at)
            dropped |= overlaps[at] > SAME_BOX
    return Boxes(chosen.boxes[kept], chosen.classes[kept], chosen.scores[kept])


def average_precision(
    found: Sequence[Boxes], true: Sequence[Boxes], of_class: int, least_iou: float = 0.5
) -> float | None:
    """Average precision of one class over images, as COCO computes it, or None if no image has that class.

    Found boxes are taken by score, over all images; each matches the free true box that it covers best. Precision is
    read at 101 recalls, at each the best that is reached at this recall or a higher one.

    Args:
        found: Answers, by image.
        true: Truth, by image, in the same order.
        of_class: The class.
        least_iou: Overlap at which a found box counts as right.
    """
    total = sum(int((one.classes == of_class).sum()) for one in true)
    if not total:
        return None
    scores: list[Floats] = []
    hits: list[npt.NDArray[np.bool_]] = []
    for answer, truth in zip(found, true, strict=True):
        mine = answer.classes == of_class
        order = np.argsort(-answer.scores[mine], kind="stable")
        scores.append(answer.scores[mine][order])
        hits.append(_matches(answer.boxes[mine][order], truth.boxes[truth.classes == of_class], least_iou))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    right = np.cumsum(np.concatenate(hits)[order])
    if not len(right):
        return 0.0
    recall, precision = right / total, right / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, _RECALLS)
    return float(np.where(at < len(best), best[np.minimum(at, len(best) - 1)], 0.0).mean())


def macro_f1(predicted: Integers, true: Integers, classes: int) -> tuple[float, list[float]]:
    """Mean F1 over classes, and each class's, from class indices (N,)."""
    each = []
    for index in range(classes):
        right = int(((predicted == index) & (true == index)).sum())
        named = int((predicted == index).sum()) + int((true == index).sum())
        each.append(2 * right / named if named else 0.0)
    return sum(each) / classes, each


def pairwise_iou(one: Floats, other: Floats) -> Floats:
    """IoU of every box (K, 4) with every other (L, 4); (K, L), [0, 1]."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (one, other)]
    union = areas[0][:, None] + areas[1][None] - shared
    return np.asarray(shared / np.maximum(union, 1e-6), np.float32)


def _matches(found: Floats, true: Floats, least_iou: float) -> npt.NDArray[np.bool_]:
    """Which found boxes, best first, hit a true one that no better one has hit; (K,)."""
    overlaps = pairwise_iou(found, true)
    hits = np.zeros(len(found), bool)
    for at in range(len(found) if len(true) else 0):
        best = int(overlaps[at].argmax())
        if overlaps[at, best] >= least_iou:
            hits[at] = True
            overlaps[:, best] = -1
    return hits
