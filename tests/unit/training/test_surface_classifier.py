"""Training of the classifier."""

from __future__ import annotations

from dataclasses import replace

import torch

from loupe_training import surface_classifier
from loupe_training.corpus import sample
from loupe_training.recipes import RECIPES, Cycle


def test_single__without_images_of_several_kinds() -> None:
    several = sample.Sample(b"", 9, 9, "glass", ((0, 0, 1, 1), (2, 2, 3, 3)), ("dent", "hole"))
    one = replace(several, labels=("dent", "dent"))
    none = replace(several, boxes=(), labels=())

    assert surface_classifier.single([several, one, none]) == [one, none]


def test_train__last_layer_and_later_stages_learn() -> None:
    cycle = Cycle(range(14), 1, 1e-2, 1e-3)
    recipe = replace(RECIPES["surface-classifier"], size=64, batch=1, cycles=(cycle,))
    samples = [sample.render(4, number) for number in range(14)]

    network = surface_classifier.train(surface_classifier.start(recipe), recipe, cycle, samples)

    start = surface_classifier.start(recipe)
    same = [torch.equal(a, b) for a, b in zip(start.parameters(), network.parameters(), strict=True)]
    # First the stem's convolution, last the classifier's weights and biases.
    assert same[0]
    assert not any(same[-2:])
    assert same.count(False) > 20
    figures = surface_classifier.measure(network, recipe, samples)
    assert 0 <= figures["macro_f1"] <= 1
    assert set(figures) == {"macro_f1", "accuracy", *(f"f1.{label}" for label in recipe.labels)}
