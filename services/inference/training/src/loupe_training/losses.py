"""What a detector is punished for. K answers for defects, P cells, C classes."""

import torch
from torch.nn import functional


def intersection_over_union(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Of each pair of boxes in two lists (K, 4), x1 y1 x2 y2; (K,), [0, 1]."""
    shared, union, _ = _areas(one, other)
    return shared / union


def generalised_iou_loss(predicted: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """1 - generalised IoU of each pair of boxes (K, 4); (K,), [0, 2]. It pulls boxes together that do not touch yet."""
    shared, union, hull = _areas(predicted, true)
    return 1 - shared / union + (hull - union) / hull


def quality_focal_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Focal loss towards soft targets: a cell's score is to be the IoU of its box, 0 for background.

    Args:
        logits: (..., C).
        targets: (..., C), [0, 1].

    Returns:
        The sum over all.
    """
    distance = (targets - logits.sigmoid()).abs()
    return (functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * distance**2).sum()


def _areas(one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Shared area, area of both together, area of the box around both; at least 1e-6 where they divide."""
    sides = torch.minimum(one[:, 2:], other[:, 2:]) - torch.maximum(one[:, :2], other[:, :2])
    shared = sides.clamp(min=0).prod(1)
    union = (one[:, 2:] - one[:, :2]).prod(1) + (other[:, 2:] - other[:, :2]).prod(1) - shared
    hull = (torch.maximum(one[:, 2:], other[:, 2:]) - torch.minimum(one[:, :2], other[:, :2])).prod(1)
    return shared, union.clamp(min=1e-6), hull.clamp(min=1e-6)
