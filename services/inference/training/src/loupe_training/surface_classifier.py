"""Trains a classifier of surfaces: EfficientNet-Lite with a new last layer, its later stages tuned. N images a step."""

import logging
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from loupe_inference.models import fcos
from loupe_inference.models.efficientnet_lite import FoldedEfficientNet
from loupe_training import backbone, evaluate, schedule
from loupe_training.corpus.sample import Sample
from loupe_training.recipes import Cycle, Recipe

_LOG = logging.getLogger(__name__)

_DROPOUT = 0.2
_SMOOTHING = 0.05


def train(network: FoldedEfficientNet, recipe: Recipe, cycle: Cycle, samples: Sequence[Sample]) -> FoldedEfficientNet:
    """The network after a cycle, in evaluation mode; images with several kinds of defects are left out.

    Args:
        network: From `start`, or after the cycle before; it is used up.
        recipe: What is trained.
        cycle: How, one of the recipe's.
        samples: The images of the cycle.
    """
    torch.manual_seed(recipe.seed)
    samples = single(samples)
    frozen, rest = _parts(network, recipe)
    kept = backbone.kept_outputs(frozen.eval(), samples, recipe.size)
    classes = torch.tensor([recipe.labels.index(str(one.verdict)) for one in samples])
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = _optimiser(network, rest, recipe, cycle)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.98))  # type: ignore[no-untyped-call]
    for epoch in schedule.epochs(recipe, cycle, len(samples), optimiser):
        losses_seen = []
        for chosen in epoch.batches():
            with backbone.halved():
                pooled = backbone.through(rest, backbone.batch_of(kept, chosen)).mean((2, 3))
            logits = network.classifier(functional.dropout(pooled.float(), _DROPOUT))
            loss = functional.cross_entropy(logits, classes[list(chosen)], label_smoothing=_SMOOTHING)
            epoch.step(loss, network)
            average.update_parameters(network)
            losses_seen.append(loss.item())
        _LOG.info("%s epoch with loss %.3f", recipe.model, float(np.mean(losses_seen)))
    return cast("FoldedEfficientNet", average.module).eval()


def start(recipe: Recipe) -> FoldedEfficientNet:
    """The published network with a new last layer."""
    torch.manual_seed(recipe.seed)
    network = backbone.published(recipe.backbone, recipe.size)
    network.classifier = nn.Linear(network.classifier.in_features, len(recipe.labels))
    return network


def single(samples: Sequence[Sample]) -> list[Sample]:
    """The samples that have one verdict."""
    return [one for one in samples if one.verdict is not None]


@torch.inference_mode()
def measure(network: FoldedEfficientNet, recipe: Recipe, samples: Sequence[Sample]) -> dict[str, float]:
    """Macro-F1, accuracy, and `f1.<label>` of each class, on images that have one verdict."""
    samples = single(samples)
    network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    predicted = torch.cat([network(batch)[0].argmax(1) for batch in backbone.prepared(samples, recipe.size)]).numpy()
    true = np.array([recipe.labels.index(str(one.verdict)) for one in samples], np.int64)
    mean, each = evaluate.macro_f1(predicted, true, len(recipe.labels))
    named = {f"f1.{label}": value for label, value in zip(recipe.labels, each, strict=True)}
    return {"macro_f1": mean, "accuracy": float((predicted == true).mean()), **named}


def _parts(network: FoldedEfficientNet, recipe: Recipe) -> tuple[nn.Sequential, nn.Sequential]:
    """What is frozen and what is trained of the network's body."""
    layers = list(network.body)
    cut = sum(len(stage) for stage in fcos.split(network.body)[: 1 + recipe.kept_stages])
    return nn.Sequential(*layers[:cut]), nn.Sequential(*layers[cut:])


def _optimiser(network: FoldedEfficientNet, rest: nn.Sequential, recipe: Recipe, cycle: Cycle) -> torch.optim.Optimizer:
    network.body.requires_grad_(False)
    old = backbone.train_pointwise([rest])
    groups = [
        {"params": old, "lr": cycle.backbone_rate},
        {"params": list(network.classifier.parameters()), "lr": cycle.rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=recipe.decay)
