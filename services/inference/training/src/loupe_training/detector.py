"""Trains a detector. N images a step, P cells, C classes."""

import logging
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from loupe_inference.models.fcos import FcosNetwork
from loupe_training import backbone, evaluate, losses, norms, schedule, targets
from loupe_training.corpus.sample import Sample
from loupe_training.evaluate import Boxes
from loupe_training.recipes import Cycle, Recipe

_LOG = logging.getLogger(__name__)

BOX_WEIGHT = 2.0
"""Of the loss of boxes beside that of scores."""


def train(network: FcosNetwork, recipe: Recipe, cycle: Cycle, samples: Sequence[Sample]) -> FcosNetwork:
    """The network after a cycle, in evaluation mode.

    Args:
        network: From `start`, or after the cycle before; it is used up.
        recipe: What is trained.
        cycle: How, one of the recipe's.
        samples: The images of the cycle.
    """
    torch.manual_seed(recipe.seed)
    frozen = nn.Sequential(network.stem, *network.stages[: recipe.kept_stages])
    kept = backbone.kept_outputs(frozen.eval(), samples, recipe.size)
    truths = [truth(one, recipe) for one in samples]
    if cycle is recipe.cycles[0]:
        norms.add(network)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = _optimiser(network, recipe, cycle)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.98), use_buffers=True)  # type: ignore[no-untyped-call]
    network.train()
    for epoch in schedule.epochs(recipe, cycle, len(samples), optimiser):
        losses_seen = []
        for chosen in epoch.batches():
            batch = backbone.batch_of(kept, chosen)
            loss = _loss(network, recipe, batch, [truths[at] for at in chosen])
            epoch.step(loss, network)
            average.update_parameters(network)
            losses_seen.append(loss.item())
        _LOG.info("%s epoch with loss %.3f", recipe.model, float(np.mean(losses_seen)))
    trained = cast("FcosNetwork", average.module).eval()
    norms.fold(trained)
    return trained


def start(recipe: Recipe) -> FcosNetwork:
    """A network with a published backbone and new heads."""
    torch.manual_seed(recipe.seed)
    network = FcosNetwork(recipe.backbone, recipe.size, len(recipe.labels), recipe.width)
    pieces = nn.ModuleList([network.stem, *network.stages])
    published = backbone.published(recipe.backbone, recipe.size).body
    # Both lists name the same layers in the same order.
    weights = dict(zip(pieces.state_dict(), published.state_dict().values(), strict=False))
    pieces.load_state_dict(weights, strict=True)
    return network


def truth(one: Sample, recipe: Recipe) -> Boxes:
    """What is on a sample, in input pixels."""
    scale = np.array([recipe.size / one.width, recipe.size / one.height] * 2, np.float32)
    classes = np.array([recipe.labels.index(label) for label in one.labels], np.int64)
    boxes = np.array(one.boxes, np.float32).reshape(-1, 4) * scale
    return Boxes(boxes, classes, np.ones(len(classes), np.float32))


@torch.inference_mode()
def answers(network: FcosNetwork, samples: Sequence[Sample], size: int) -> list[Boxes]:
    """What the network finds on each sample, in input pixels."""
    network = network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found: list[Boxes] = []
    for batch in backbone.prepared(samples, size):
        scores, boxes, _, _ = network(batch)
        found += [evaluate.best_boxes(a, b) for a, b in zip(scores.numpy(), boxes.numpy(), strict=True)]
    return found


def measure(network: FcosNetwork, recipe: Recipe, samples: Sequence[Sample]) -> dict[str, float]:
    """Average precision at IoU 0.5: `map50`, and `ap50.<label>` of each class."""
    found = answers(network, samples, recipe.size)
    true = [truth(one, recipe) for one in samples]
    each = {
        f"ap50.{label}": evaluate.average_precision(found, true, index) for index, label in enumerate(recipe.labels)
    }
    known = {name: value for name, value in each.items() if value is not None}
    return {"map50": sum(known.values()) / len(known), **known}


def _optimiser(network: FcosNetwork, recipe: Recipe, cycle: Cycle) -> torch.optim.Optimizer:
    network.stem.requires_grad_(False)
    network.stages.requires_grad_(False)
    old = backbone.train_pointwise(list(network.stages[recipe.kept_stages :]))
    known = {id(parameter) for parameter in network.stages.parameters()}
    new = [one for one in network.parameters() if one.requires_grad and id(one) not in known]
    groups = [{"params": old, "lr": cycle.backbone_rate}, {"params": new, "lr": cycle.rate}]
    return torch.optim.AdamW(groups, weight_decay=recipe.decay)


def _loss(network: FcosNetwork, recipe: Recipe, batch: torch.Tensor, truths: Sequence[Boxes]) -> torch.Tensor:
    with backbone.halved():
        maps = [batch] if recipe.kept_stages else []
        for stage in network.stages[recipe.kept_stages :]:
            batch = backbone.through(cast("nn.Sequential", stage), batch)
            maps.append(batch)
        fine, middle, coarse = maps
        logits, boxes = network.heads(fine, middle, coarse)
    return detection_loss(logits.float(), boxes.float(), network.centres, network.strides, truths)


def detection_loss(
    logits: torch.Tensor, boxes: torch.Tensor, centres: torch.Tensor, strides: torch.Tensor, truths: Sequence[Boxes]
) -> torch.Tensor:
    """Loss of scores and boxes, by the number of cells that answer for a defect.

    Args:
        logits: (N, P, C).
        boxes: (N, P, 4), input pixels.
        centres: Of the cells, (P, 2), input pixels.
        strides: Of the cells, (P, 1).
        truths: Of each image, input pixels.
    """
    owners = torch.stack([targets.assign(centres, strides, torch.from_numpy(one.boxes)) for one in truths])
    images, cells = torch.nonzero(owners >= 0, as_tuple=True)
    wanted = torch.zeros_like(logits)
    if not len(images):
        return losses.quality_focal_loss(logits, wanted)
    chosen = [
        (truths[image], owner) for image, owner in zip(images.tolist(), owners[images, cells].tolist(), strict=True)
    ]
    true = torch.from_numpy(np.stack([one.boxes[owner] for one, owner in chosen]))
    classes = torch.tensor([int(one.classes[owner]) for one, owner in chosen])
    found = boxes[images, cells]
    wanted[images, cells, classes] = losses.intersection_over_union(found.detach(), true)
    of_boxes = losses.generalised_iou_loss(found, true).sum()
    return (losses.quality_focal_loss(logits, wanted) + BOX_WEIGHT * of_boxes) / len(images)
