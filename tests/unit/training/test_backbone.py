"""Starting points: published weights, what is trained of them, what is kept of the rest."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from loupe_training import backbone, detector, recipes, surface_classifier
from loupe_training.corpus import sample


@pytest.fixture(scope="module")
def samples() -> list[sample.Sample]:
    return [sample.render(4, number) for number in range(3)]


def test_prepared__in_steps_and_normalised(samples: list[sample.Sample]) -> None:
    batches = list(backbone.prepared(samples, 64, step=2))

    assert [tuple(batch.shape) for batch in batches] == [(2, 3, 64, 64), (1, 3, 64, 64)]
    assert all(batch.min() >= -127 / 128 and batch.max() <= 1 for batch in batches)


@torch.inference_mode()
def test_kept_outputs__as_the_stem_gives_them(samples: list[sample.Sample]) -> None:
    stem = nn.Conv2d(3, 5, 4, stride=4)

    kept = backbone.kept_outputs(stem, samples, 64)

    (batch,) = backbone.prepared([samples[2], samples[0]], 64)
    torch.testing.assert_close(backbone.batch_of(kept, [2, 0]), stem(batch), rtol=1e-2, atol=1e-2)


def test_train_pointwise__nothing_else_learns() -> None:
    stage = nn.Sequential(nn.Conv2d(4, 8, 1), nn.Conv2d(8, 8, 5, padding=2, groups=8), nn.Conv2d(8, 4, 1))

    chosen = backbone.train_pointwise([stage])

    assert [parameter.requires_grad for parameter in stage.parameters()] == [True, True, False, False, True, True]
    assert {id(one) for one in chosen} == {id(one) for one in stage.parameters() if one.requires_grad}


@pytest.mark.parametrize("model", ["surface-fcos-s", "surface-fcos-m"])
def test_start__detector_sees_what_the_published_network_sees(model: str) -> None:
    recipe = recipes.RECIPES[model]
    batch = torch.randn(1, 3, recipe.size, recipe.size, generator=torch.Generator().manual_seed(0))

    with torch.inference_mode():
        network = detector.start(recipe).eval()
        coarse = network.maps(network.stem(batch))[2]
        published = backbone.published(recipe.backbone, recipe.size).body[:-2](batch)

    torch.testing.assert_close(coarse, published)


def test_start__classifier_has_the_classes_of_its_recipe() -> None:
    recipe = recipes.RECIPES["surface-classifier"]

    with torch.inference_mode():
        logits, feature = surface_classifier.start(recipe)(torch.zeros(1, 3, recipe.size, recipe.size))

    assert logits.shape == (1, len(recipe.labels))
    assert feature.shape == (1, 1280)
