"""Which cell answers for which defect. P cells, G defects of one image."""

import torch

REACH = 1.5
"""A defect belongs to cells whose centre is nearer than this to its own, in cells, across and down."""

SIZES = ((0.0, 56.0), (40.0, 112.0), (80.0, float("inf")))
"""Sizes (root of the area, input pixels) that each level answers for; neighbours share some."""


def assign(centres: torch.Tensor, strides: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """The defect that each cell answers for.

    A cell near several defects answers for the smallest: the others have cells of their own around.

    Args:
        centres: Of the cells, (P, 2), input pixels.
        strides: Of the cells, (P, 1), 8, 16 or 32.
        boxes: Of the defects, (G, 4), input pixels.

    Returns:
        Index into `boxes`, -1 for none; (P,), int64.
    """
    if not len(boxes):
        return torch.full((len(centres),), -1)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    near = ((centres[:, None] - middles[None]).abs() < REACH * strides[:, None]).all(2)
    limits = torch.tensor(SIZES)[torch.log2(strides[:, 0] / 8).long()]
    sizes = areas.sqrt()[None]
    fits = (sizes >= limits[:, :1]) & (sizes < limits[:, 1:])
    claimed = torch.where(near & fits, areas[None], float("inf"))
    least, chosen = claimed.min(1)
    return torch.where(least.isfinite(), chosen, -1)
