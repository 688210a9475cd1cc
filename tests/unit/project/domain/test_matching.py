"""Pairing boxes: the same as going through them one by one, as the definition says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_project.domain import matching
from loupe_project.domain.matching import Boxes

Plain = tuple[int, int, tuple[float, float, float, float], float]
"""Image, class, sides, confidence."""

SIDES = st.tuples(
    *(st.sampled_from((0.0, 4.0, 5.0, 10.0)) for _ in "xy"), *(st.sampled_from((5.0, 10.0)) for _ in "wh")
)
BOX = st.tuples(st.integers(0, 2), st.integers(0, 1), SIDES, st.sampled_from((0.2, 0.5, 0.5, 0.9)))


def boxes(plain: list[Plain]) -> Boxes:
    return Boxes(
        np.array([one[0] for one in plain], np.int64),
        np.array([one[1] for one in plain], np.int64),
        np.array([one[2] for one in plain], np.float64).reshape(-1, 4),
        np.array([one[3] for one in plain], np.float64),
    )


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def one_by_one(
    predicted: list[Plain], labelled: list[Plain], min_iou: float, *, same_class: bool
) -> set[tuple[int, int]]:
    free = set(range(len(labelled)))
    pairs = set()
    for place in sorted(range(len(predicted)), key=lambda at: -predicted[at][3]):
        image, kind, sides, _ = predicted[place]
        fitting = [
            (-overlap(sides, labelled[at][2]), at)
            for at in free
            if labelled[at][0] == image and (labelled[at][1] == kind or not same_class)
        ]
        best = min(fitting, default=(0.0, -1))
        if -best[0] >= min_iou - 1e-9:
            free.discard(best[1])
            pairs.add((place, best[1]))
    return pairs


@given(
    predicted=st.lists(BOX, max_size=8),
    labelled=st.lists(BOX, max_size=8),
    min_iou=st.sampled_from((0.1, 0.5, 0.6, 1.0)),
    same_class=st.booleans(),
)
def test_match__is_what_the_definition_says(
    predicted: list[Plain], labelled: list[Plain], min_iou: float, *, same_class: bool
) -> None:
    found = matching.match(boxes(predicted), boxes(labelled), min_iou, same_class=same_class)

    pairs = set(zip(found.predicted.tolist(), found.labelled.tolist(), strict=True))
    assert pairs == one_by_one(predicted, labelled, min_iou, same_class=same_class)
    assert found.ious.tolist() == pytest.approx(
        [
            overlap(predicted[one][2], labelled[other][2])
            for one, other in zip(found.predicted, found.labelled, strict=True)
        ]
    )


def test_match__the_surest_box_takes_the_label() -> None:
    wide, exact = (0.0, 0.0, 10.0, 12.0), (0.0, 0.0, 10.0, 10.0)

    found = matching.match(boxes([(0, 0, exact, 0.6), (0, 0, wide, 0.9)]), boxes([(0, 0, exact, 1.0)]), 0.6)

    assert found.predicted.tolist() == [1]


def test_match__an_overlap_right_at_the_threshold_in_single_precision_counts() -> None:
    label = tuple(float(np.float32(side)) for side in (0.1, 0.1, 10.0, 10.0))
    box = tuple(float(np.float32(side)) for side in (0.1, 0.1, 10.0, 6.0))

    found = matching.match(boxes([(0, 0, box, 0.9)]), boxes([(0, 0, label, 1.0)]), 0.6)  # type: ignore[list-item]

    assert len(found.predicted) == 1


def slow_average_precision(confidences: list[float], right: list[bool], label_count: int) -> float:
    order = sorted(range(len(right)), key=lambda at: -confidences[at])
    points = []
    hits = 0
    for rank, at in enumerate(order, start=1):
        hits += right[at]
        points.append((hits / label_count, hits / rank))
    return sum(max((p for r, p in points if r >= step / 100 - 1e-12), default=0.0) for step in range(101)) / 101


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=20), st.integers(0, 5))
def test_average_precision__is_the_mean_of_the_best_precision_at_101_recalls(
    found: list[tuple[float, bool]], missed: int
) -> None:
    confidences, right = [one for one, _ in found], [hit for _, hit in found]
    label_count = sum(right) + missed

    area = matching.average_precision(np.array(confidences), np.array(right), label_count)

    expected = slow_average_precision(confidences, right, label_count) if label_count else 0.0
    assert area == pytest.approx(expected)
