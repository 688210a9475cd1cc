"""Average precision and F1 on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from loupe_training import evaluate
from loupe_training.evaluate import Boxes

HERE, THERE = (0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 30.0, 30.0)
NOWHERE = (50.0, 50.0, 60.0, 60.0)


def _boxes(*rows: tuple[tuple[float, float, float, float], int, float]) -> Boxes:
    return Boxes(
        np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([index for _, index, _ in rows], np.int64),
        np.array([score for _, _, score in rows], np.float32),
    )


def test_average_precision__all_found() -> None:
    true = [_boxes((HERE, 0, 1)), _boxes((THERE, 0, 1))]

    assert evaluate.average_precision([_boxes((HERE, 0, 0.9)), _boxes((THERE, 0, 0.4))], true, 0) == 1


def test_average_precision__half_found() -> None:
    true = [_boxes((HERE, 0, 1), (THERE, 0, 1))]

    # Precision 1 up to recall 0.5: 51 of the 101 recalls.
    assert evaluate.average_precision([_boxes((HERE, 0, 0.9))], true, 0) == pytest.approx(51 / 101)


def test_average_precision__wrong_one_first() -> None:
    true = [_boxes((HERE, 0, 1))]

    assert evaluate.average_precision([_boxes((NOWHERE, 0, 0.9), (HERE, 0, 0.5))], true, 0) == pytest.approx(0.5)


def test_average_precision__wrong_one_last_costs_nothing() -> None:
    true = [_boxes((HERE, 0, 1)), _boxes()]

    assert evaluate.average_precision([_boxes((HERE, 0, 0.9)), _boxes((HERE, 0, 0.5))], true, 0) == 1


def test_average_precision__found_twice_counts_once() -> None:
    true = [_boxes((HERE, 0, 1), (THERE, 0, 1))]
    found = [_boxes((HERE, 0, 0.9), (HERE, 0, 0.8), (THERE, 0, 0.7))]

    # Precision 1 at recall 0.5, then 2 of 3.
    assert evaluate.average_precision(found, true, 0) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_average_precision__other_class_or_too_little_overlap() -> None:
    true = [_boxes((HERE, 0, 1))]

    assert evaluate.average_precision([_boxes((HERE, 1, 0.9))], true, 0) == 0
    assert evaluate.average_precision([_boxes(((0, 0, 10, 4.9), 0, 0.9))], true, 0) == 0
    assert evaluate.average_precision([_boxes(((0, 0, 10, 5.1), 0, 0.9))], true, 0) == 1


def test_average_precision__class_that_is_not_there() -> None:
    assert evaluate.average_precision([_boxes((HERE, 1, 0.9))], [_boxes((HERE, 0, 1))], 1) is None


def test_best_boxes__each_thing_once_for_each_class() -> None:
    scores = np.array([[0.9, 0.0], [0.8, 0.7], [0.0, 0.01]], np.float32)
    boxes = np.array([HERE, (0, 0, 10, 9), THERE], np.float32)

    best = evaluate.best_boxes(scores, boxes)

    assert best.scores.tolist() == pytest.approx([0.9, 0.7])
    assert best.classes.tolist() == [0, 1]
    assert best.boxes.tolist() == [list(HERE), [0, 0, 10, 9]]


def test_best_boxes__nothing_found() -> None:
    assert len(evaluate.best_boxes(np.zeros((3, 2), np.float32), np.zeros((3, 4), np.float32)).scores) == 0


def test_macro_f1__by_hand() -> None:
    mean, each = evaluate.macro_f1(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2)

    assert each == pytest.approx([2 / 3, 4 / 5])
    assert mean == pytest.approx((2 / 3 + 4 / 5) / 2)
