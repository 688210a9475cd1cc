"""How each model is made. Whatever is here decides the weights; run one with `make train MODEL=…`."""

from collections.abc import Mapping
from dataclasses import dataclass

from loupe_training.corpus import sample

HELD_OUT_SEED = 2
"""Of the corpus that figures are measured on; nothing is trained or chosen by it."""
HELD_OUT_IMAGES = 800


@dataclass(frozen=True, slots=True)
class Cycle:
    """A part of a training: the learning rate rises, falls to nothing, and leaves whole weights to go on from."""

    images: range
    """Numbers of the images of the training corpus that it learns from."""
    epochs: int
    """Times that each is seen."""
    rate: float
    """Highest learning rate of the layers that are not the backbone's."""
    backbone_rate: float
    """Highest learning rate of the backbone's layers."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training starts from and how it goes on."""

    model: str
    """Id of the model."""
    backbone: str
    """Published network with ImageNet's weights."""
    size: int
    """Width and height of the input in pixels."""
    labels: tuple[str, ...]
    """Classes in the order of the output."""
    cycles: tuple[Cycle, ...]
    """At least one. In the first, new layers have batch norms; the others go on from the weights of the one before."""
    width: int = 0
    """Channels of a detector's pyramid and heads."""
    kept_stages: int = 0
    """Stages of the backbone after its stem that stay frozen with it."""
    corpus_seed: int = 1
    """Seed of the training corpus."""
    seed: int = 0
    """Seed of the new layers and of the order of images."""
    batch: int = 16
    """Images a step."""
    decay: float = 0.02
    """Weight decay."""

    @property
    def images(self) -> int:
        """Size of the training corpus."""
        return max(cycle.images.stop for cycle in self.cycles)

    @property
    def detects(self) -> bool:
        """Whether it is a detector."""
        return self.width > 0


RECIPES: Mapping[str, Recipe] = {
    recipe.model: recipe
    for recipe in (
        Recipe(
            model="surface-classifier",
            backbone="efficientnet-lite1",
            size=240,
            labels=(sample.OK, *sample.LABELS),
            cycles=(Cycle(range(3000), 6, 2e-3, 4e-4), Cycle(range(3000, 6000), 2, 5e-4, 2e-4)),
        ),
        Recipe(
            model="surface-fcos-s",
            backbone="efficientnet-lite0",
            size=256,
            labels=sample.LABELS,
            cycles=(Cycle(range(2500), 6, 3e-3, 6e-4), Cycle(range(2500, 6000), 2, 1e-3, 4e-4)),
            width=96,
            kept_stages=1,
        ),
        Recipe(
            model="surface-fcos-m",
            backbone="efficientnet-lite2",
            size=384,
            labels=sample.LABELS,
            cycles=(Cycle(range(2000), 5, 3e-3, 6e-4), Cycle(range(2000, 3500), 2, 1e-3, 4e-4)),
            width=96,
            kept_stages=1,
        ),
    )
}
