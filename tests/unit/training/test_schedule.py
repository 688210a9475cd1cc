"""Order of images and learning rate."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from loupe_training import schedule
from loupe_training.recipes import RECIPES, Cycle

RECIPE = replace(RECIPES["surface-fcos-s"], batch=4)
CYCLE = Cycle(range(81), 2, 0.1, 0.01)


def test_epochs__each_image_at_most_once_in_another_order_each_time() -> None:
    optimiser = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.1)

    rounds = list(schedule.epochs(RECIPE, CYCLE, 81, optimiser))

    orders = [[number for batch in epoch.batches() for number in batch] for epoch in rounds]
    assert [len(set(order)) for order in orders] == [80] * 2
    assert all(set(order) <= set(range(81)) for order in orders)
    assert orders[0] != orders[1]


def test_epochs__rates_rise_to_those_of_their_groups_and_fall_to_nothing() -> None:
    layer = nn.Linear(1, 1)
    optimiser = torch.optim.AdamW([{"params": layer.weight, "lr": 0.1}, {"params": layer.bias, "lr": 0.01}])
    seen = []
    for epoch in schedule.epochs(RECIPE, CYCLE, 81, optimiser):
        for _ in epoch.batches():
            seen.append([group["lr"] for group in optimiser.param_groups])
            epoch.step(layer(torch.ones(1, 1)).sum(), layer)

    assert len(seen) == 40
    assert seen[0] == pytest.approx([0.004, 0.0004])
    assert max(seen) == pytest.approx([0.1, 0.01], rel=0.02)
    assert seen[-1][0] < 0.002
