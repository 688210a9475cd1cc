"""What is counted of classes and of boxes."""

import numpy as np

from loupe_project.domain import evaluation
from loupe_project.domain.evaluation import BoxPiece, BoxTally
from loupe_project.domain.matching import Boxes

NAMES = ["scratch", "dent"]
HERE, THERE = (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 10.0, 10.0)


def boxes(*given: tuple[int, int, tuple[float, ...], float]) -> Boxes:
    return Boxes(
        np.array([one[0] for one in given], np.int64),
        np.array([one[1] for one in given], np.int64),
        np.array([one[2] for one in given], np.float64).reshape(-1, 4),
        np.array([one[3] for one in given], np.float64),
    )


def test_of_pairs__precision_and_recall_of_each_class() -> None:
    found = evaluation.of_pairs({("OK", "OK"): 6, ("OK", "dent"): 2, ("dent", "dent"): 1, ("dent", "OK"): 1})

    assert found is not None
    ok, dent = found.classes
    assert (ok.label, ok.precision.count, ok.precision.total, ok.recall.total) == ("OK", 6, 7, 8)
    assert (dent.label, dent.precision.count, dent.precision.total, dent.recall.total) == ("dent", 1, 3, 2)
    assert (found.right, found.precision.total, found.recall.total) == (7, 10, 10)
    assert evaluation.of_pairs({}) is None


def test_tally__matched_false_positive_missed() -> None:
    tally = BoxTally(0.6)
    predicted = boxes((0, 0, HERE, 0.9), (0, 0, HERE, 0.8), (1, 1, THERE, 0.7))
    tally.add(BoxPiece(predicted, boxes((0, 0, HERE, 1.0), (1, 1, HERE, 1.0))))

    found = tally.result(NAMES)

    dent, scratch = found.classes
    assert (scratch.right, scratch.predictions, scratch.labels) == (1, 2, 1)
    assert (dent.right, dent.predictions, dent.labels) == (0, 1, 1)
    assert found.cells == {("scratch", "scratch"): 1, ("", "scratch"): 1, ("", "dent"): 1, ("dent", ""): 1}
    assert scratch.average_precision == 1.0
    assert dent.average_precision == 0.0
    assert found.mean_average_precision == 0.5


def test_tally__a_wrong_class_at_the_right_place_is_a_confusion() -> None:
    tally = BoxTally(0.6)
    tally.add(BoxPiece(boxes((0, 1, HERE, 0.9)), boxes((0, 0, HERE, 1.0))))

    found = tally.result(NAMES)

    assert found.cells == {("scratch", "dent"): 1}
    assert (found.right, found.precision.total, found.recall.total) == (0, 1, 1)


def test_images_of_cell__are_those_that_are_counted() -> None:
    predicted = boxes((0, 0, HERE, 0.9), (0, 0, HERE, 0.8), (1, 1, THERE, 0.7), (2, 1, HERE, 0.6))
    labelled = boxes((0, 0, HERE, 1.0), (1, 1, HERE, 1.0), (2, 0, HERE, 1.0), (3, 1, HERE, 1.0))
    piece = BoxPiece(predicted, labelled, ["a", "b", "c", "d"])

    def of(truth: str, called: str) -> list[str]:
        return evaluation.images_of_cell(piece, 0.6, (truth, called), NAMES)

    assert of("Scratch", "scratch") == ["a"]
    assert of("", "scratch") == ["a"]
    assert of("", "dent") == ["b"]
    assert of("dent", "") == ["b", "d"]
    assert of("scratch", "dent") == ["c"]
    assert of("dent", "scratch") == of("crack", "dent") == of("", "") == []


def test_tally__pieces_add_up() -> None:
    together, apart = BoxTally(0.6), BoxTally(0.6)
    first = BoxPiece(boxes((0, 0, HERE, 0.4)), boxes((0, 0, HERE, 1.0)))
    second = BoxPiece(boxes((1, 0, THERE, 0.6)), boxes((1, 0, HERE, 1.0)))
    for piece in (first, second):
        apart.add(piece)
    together.add(BoxPiece(boxes((0, 0, HERE, 0.4), (1, 0, THERE, 0.6)), boxes((0, 0, HERE, 1.0), (1, 0, HERE, 1.0))))

    assert apart.result(NAMES) == together.result(NAMES)
    assert BoxTally(0.6).result(NAMES).classes == ()
