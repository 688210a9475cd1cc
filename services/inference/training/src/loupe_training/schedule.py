"""The order of images and the learning rate: one cycle, up within the first tenth and down to nothing."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from loupe_training.recipes import Recipe

_STEEPEST = 10.0
"""Length that gradients are cut to."""


class Epoch:
    """One round over all images."""

    def __init__(
        self, number: int, order: Sequence[int], batch: int, optimiser: torch.optim.Optimizer, cycle: OneCycleLR
    ) -> None:
        self.number = number
        """From 1."""
        self._order = order
        self._batch = batch
        self._optimiser = optimiser
        self._cycle = cycle

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
        self._cycle.step()


def epochs(recipe: Recipe, count: int, optimiser: torch.optim.Optimizer) -> Iterator[Epoch]:
    """The rounds of a recipe over `count` images."""
    rates = [group["lr"] for group in optimiser.param_groups]
    steps = recipe.epochs * (count // recipe.batch)
    cycle = OneCycleLR(optimiser, rates, total_steps=steps + 1, pct_start=0.1)
    rng = np.random.default_rng(recipe.seed)
    for number in range(1, recipe.epochs + 1):
        yield Epoch(number, rng.permutation(count).tolist(), recipe.batch, optimiser, cycle)
