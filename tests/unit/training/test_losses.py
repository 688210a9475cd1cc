"""Losses against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch

from loupe_training import losses

BOX = torch.tensor([[0.0, 0.0, 10.0, 10.0]])


def test_intersection_over_union__half_covered() -> None:
    assert losses.intersection_over_union(BOX, torch.tensor([[0.0, 0.0, 10.0, 5.0]])).item() == pytest.approx(0.5)


def test_generalised_iou_loss__same_box() -> None:
    assert losses.generalised_iou_loss(BOX, BOX).item() == pytest.approx(0)


def test_generalised_iou_loss__apart_is_worse_the_further() -> None:
    # Hull 30 × 10: the 100 of 300 between them are lost.
    near = losses.generalised_iou_loss(BOX, torch.tensor([[20.0, 0.0, 30.0, 10.0]]))
    far = losses.generalised_iou_loss(BOX, torch.tensor([[90.0, 0.0, 100.0, 10.0]]))

    assert near.item() == pytest.approx(1 + 100 / 300)
    assert far.item() == pytest.approx(1 + 800 / 1000)


def test_quality_focal_loss__least_at_the_target() -> None:
    at_target = torch.tensor([math.log(0.7 / 0.3)])

    assert losses.quality_focal_loss(at_target, torch.tensor([0.7])).item() == pytest.approx(0, abs=1e-6)


def test_quality_focal_loss__by_hand() -> None:
    # Score 0.5 for background: 0.5² × ln 2.
    assert losses.quality_focal_loss(torch.zeros(1), torch.zeros(1)).item() == pytest.approx(0.25 * math.log(2))
