"""The order of images in a cycle, and its learning rate: up within the first tenth, then down to nothing."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from loupe_training.recipes import Cycle, Recipe

_STEEPEST = 10.0
"""Length that gradients are cut to."""


class Epoch:
    """One round over all images."""

    def __init__(self, order: Sequence[int], batch: int, optimiser: torch.optim.Optimizer, rates: OneCycleLR) -> None:
        self._order = order
        self._batch = batch
        self._optimiser = optimiser
        self._rates = rates

    def batches(self) -> Iterator[Sequence[int]]:
        """Numbers of the images of each step; what is left over is not used this time."""
        for at in range(0, len(self._order) - self._batch + 1, self._batch):
            yield self._order[at : at + self._batch]

    def step(self, loss: torch.Tensor, network: nn.Module) -> None:
        """Learn from a loss."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), _STEEPEST)
        self._optimiser.step()
        self._rates.step()


def epochs(recipe: Recipe, cycle: Cycle, count: int, optimiser: torch.optim.Optimizer) -> Iterator[Epoch]:
    """The rounds of a cycle over `count` images."""
    highest = [group["lr"] for group in optimiser.param_groups]
    rates = OneCycleLR(optimiser, highest, total_steps=cycle.epochs * (count // recipe.batch) + 1, pct_start=0.1)
    rng = np.random.default_rng(recipe.seed)
    for _ in range(cycle.epochs):
        yield Epoch(rng.permutation(count).tolist(), recipe.batch, optimiser, rates)
