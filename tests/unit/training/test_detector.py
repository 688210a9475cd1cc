"""The loss of detections, and a training of three steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from loupe_inference.models import fcos
from loupe_training import detector
from loupe_training.corpus import sample
from loupe_training.evaluate import Boxes
from loupe_training.recipes import RECIPES, Cycle

CENTRES, STRIDES = fcos.cells(64)
NOTHING = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
# Centre (28, 36): the nine fine cells around it answer.
ONE = Boxes(np.array([[18, 26, 38, 46]], np.float32), np.array([1]), np.ones(1, np.float32))
SURE = 12.0


def _answer(boxes: Boxes) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and boxes of a network that is sure of the truth, for one image."""
    logits, found = torch.full((1, len(CENTRES), 3), -SURE), torch.zeros(1, len(CENTRES), 4)
    for box, index in zip(boxes.boxes, boxes.classes, strict=True):
        near = ((CENTRES - torch.tensor([28.0, 36.0])).abs() < 1.5 * STRIDES).all(1) & (STRIDES[:, 0] == 8)
        logits[0, near, index] = SURE
        found[0, near] = torch.from_numpy(box)
    return logits, found


def test_detection_loss__right_answer() -> None:
    assert detector.detection_loss(*_answer(ONE), CENTRES, STRIDES, [ONE]).item() == pytest.approx(0, abs=1e-3)


def test_detection_loss__right_answer_of_nothing() -> None:
    assert detector.detection_loss(*_answer(NOTHING), CENTRES, STRIDES, [NOTHING]).item() == pytest.approx(0, abs=1e-3)


def test_detection_loss__overlooked_and_made_up_cost() -> None:
    overlooked = detector.detection_loss(_answer(NOTHING)[0], _answer(ONE)[1], CENTRES, STRIDES, [ONE])
    made_up = detector.detection_loss(*_answer(ONE), CENTRES, STRIDES, [NOTHING])

    assert overlooked.item() == pytest.approx(SURE, rel=0.01)
    assert made_up.item() == pytest.approx(9 * SURE, rel=0.01)


def test_truth__in_input_pixels() -> None:
    one = sample.Sample(b"", 400, 200, "glass", ((40.0, 20.0, 80.0, 100.0),), ("dent",))

    truth = detector.truth(one, replace(RECIPES["surface-fcos-s"], size=100))

    assert truth.boxes.tolist() == [[10, 10, 20, 50]]
    assert truth.classes.tolist() == [sample.LABELS.index("dent")]


def test_train__learns_and_repeats() -> None:
    first, second = Cycle(range(12), 1, 1e-2, 1e-3), Cycle(range(12), 1, 1e-3, 1e-4)
    recipe = replace(RECIPES["surface-fcos-s"], size=64, width=8, batch=1, kept_stages=0, cycles=(first, second))
    samples = [sample.render(4, number) for number in range(12)]

    network = detector.train(detector.start(recipe), recipe, first, samples)
    after_first = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    again = detector.train(detector.start(recipe), recipe, first, samples)
    after_second = detector.train(network, recipe, second, samples).state_dict()

    start = detector.start(recipe).state_dict()
    changed = {name for name in start if not torch.equal(start[name], after_first[name])}
    assert list(start) == list(after_first) == list(after_second)
    assert not any(name.startswith("stem.") for name in changed)
    assert any(name.startswith("stages.0.") for name in changed)
    assert {"laterals.0.weight", "classify.2.2.weight", "locate.1.0.1.weight"} <= changed
    for name, tensor in again.state_dict().items():
        torch.testing.assert_close(tensor, after_first[name], rtol=0, atol=0)
    assert not torch.equal(after_first["classify.2.2.weight"], after_second["classify.2.2.weight"])


def test_measure__names_every_kind_that_occurs() -> None:
    recipe = replace(RECIPES["surface-fcos-s"], size=64, width=8)
    samples = [sample.render(4, number) for number in range(6)]

    figures = detector.measure(detector.start(recipe), recipe, samples)

    kinds = {f"ap50.{label}" for one in samples for label in one.labels}
    assert set(figures) == {"map50", *kinds}
    assert all(0 <= figure <= 1 for figure in figures.values())
