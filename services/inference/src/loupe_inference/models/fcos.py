"""Detectors of the kind of FCOS: an EfficientNet-Lite backbone, a light feature pyramid, a head at each level.

At every cell of three grids, 8, 16 and 32 pixels wide, the network says which defect lies around it and where. It is
a plain graph without decisions, so that it can be exported; overlapping answers are sorted out by its caller.

N images, P cells (of all grids), C classes, S input width and height.
"""

import itertools
from pathlib import Path

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from loupe_inference.models import efficientnet_lite, trained

STRIDES = (8, 16, 32)
"""Width of a cell in input pixels, by level."""

USUAL_SIZE = 4.0
"""Side of a box, in cells, that an output of 0 stands for."""

_LARGEST_EXPONENT = 4.0
_RARE = -4.6
"""A sigmoid of this is 0.01: at first, nothing is a defect."""


class Separable(nn.Sequential):
    """A 3 × 3 convolution of each channel by itself, then one across channels, then ReLU6."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 3, padding=1, groups=width), nn.Conv2d(width, width, 1), nn.ReLU6(inplace=True)
        )


class FcosNetwork(nn.Module):
    """Images in; class scores, boxes and features out.

    Args:
        backbone: Id of a published EfficientNet-Lite, whose layers without batch norms this has.
        size: Width and height of the input in pixels, a multiple of 32.
        classes: Number of classes.
        width: Channels of the pyramid and the heads.
    """

    centres: torch.Tensor
    strides: torch.Tensor

    def __init__(self, backbone: str, size: int, classes: int, width: int = 96) -> None:
        super().__init__()
        published = EfficientNet.from_name(backbone, image_size=size)
        self.stem, *stages = split(efficientnet_lite.fold(published.eval()).body)
        self.stages = nn.ModuleList(stages)
        depths = [_depth(stage) for stage in stages]
        self.laterals = nn.ModuleList(nn.Conv2d(depth, width, 1) for depth in depths)
        self.smooth = nn.ModuleList(Separable(width) for _ in STRIDES)
        self.classify = nn.ModuleList(_tower(width, classes, _RARE) for _ in STRIDES)
        self.locate = nn.ModuleList(_tower(width, 4, 0.0) for _ in STRIDES)
        centres, strides = cells(size)
        self.register_buffer("centres", centres, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Look at a batch.

        Args:
            batch: Prepared images, (N, 3, S, S), float32, (x - 127) / 128.

        Returns:
            Scores (N, P, C) in [0, 1]; boxes (N, P, 4), x1 y1 x2 y2 in input pixels, maybe beyond the image; the
            feature of each image (N, D); the map (N, D, S/16, S/16) whose mean it is and from which features of
            objects are pooled.
        """
        fine, middle, coarse = self.maps(self.stem(batch))
        logits, boxes = self.heads(fine, middle, coarse)
        feature_map = torch.cat([middle, _doubled(coarse)], 1)
        return logits.sigmoid(), boxes, feature_map.mean((2, 3)), feature_map

    def maps(self, stem: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What the backbone sees at strides 8, 16 and 32, from the stem's output (N, channels, S/4, S/4)."""
        fine = self.stages[0](stem)
        middle = self.stages[1](fine)
        return fine, middle, self.stages[2](middle)

    def heads(
        self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Class logits (N, P, C) and boxes (N, P, 4) from the backbone's maps."""
        top = self.laterals[2](coarse)
        centre = self.laterals[1](middle) + _doubled(top)
        bottom = self.laterals[0](fine) + _doubled(centre)
        levels = [smooth(level) for smooth, level in zip(self.smooth, (bottom, centre, top), strict=True)]
        logits = [_by_cell(tower(level)) for tower, level in zip(self.classify, levels, strict=True)]
        places = [_by_cell(tower(level)) for tower, level in zip(self.locate, levels, strict=True)]
        return torch.cat(logits, 1), self._boxes(torch.cat(places, 1))

    def _boxes(self, places: torch.Tensor) -> torch.Tensor:
        """Boxes from centre (in cells from the cell's own) and size (logarithm, in usual sizes)."""
        middle = self.centres + places[..., :2] * self.strides
        half = places[..., 2:].clamp(max=_LARGEST_EXPONENT).exp() * (self.strides * (USUAL_SIZE / 2))
        return torch.cat([middle - half, middle + half], -1)


def load(path: Path) -> FcosNetwork:
    """The network of a weights file, in evaluation mode.

    Raises:
        FileNotFoundError: If there is no such file.
        RuntimeError: If its tensors are not those of the network that it describes.
    """
    tensors, description = trained.read(path)
    width = tensors["laterals.0.weight"].shape[0]
    network = FcosNetwork(description.backbone, description.input_size, len(description.labels), width)
    network.load_state_dict(tensors, strict=True)
    return network.eval()


def cells(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres (P, 2), x and y in input pixels, and strides (P, 1) of all cells: level by level, row by row."""
    centres, strides = [], []
    for stride in STRIDES:
        line = (torch.arange(size // stride, dtype=torch.float32) + 0.5) * stride
        y, x = torch.meshgrid(line, line, indexing="ij")
        centres.append(torch.stack([x.flatten(), y.flatten()], 1))
        strides.append(torch.full((len(line) ** 2, 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def split(body: nn.Sequential) -> list[nn.Sequential]:
    """A folded backbone cut where its maps have strides 4, 8, 16 and 32, without its last, widening convolution.

    The map of a stride is whole before the block that halves it: an expansion (convolution, activation), then a
    padding at two sides and a convolution of stride 2.
    """
    halvings = [at for at, layer in enumerate(body) if isinstance(layer, nn.ZeroPad2d)]
    cuts = [0, *(at - 2 for at in halvings[2:]), len(body) - 2]
    layers = list(body)
    return [nn.Sequential(*layers[start:end]) for start, end in itertools.pairwise(cuts)]


def _tower(width: int, outputs: int, bias: float) -> nn.Sequential:
    last = nn.Conv2d(width, outputs, 1)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.constant_(last.bias, bias)  # type: ignore[arg-type]
    return nn.Sequential(Separable(width), Separable(width), last)


def _depth(stage: nn.Module) -> int:
    """Channels that come out of a stage."""
    return next(layer.out_channels for layer in reversed(list(stage.modules())) if isinstance(layer, nn.Conv2d))


def _doubled(level: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(level, scale_factor=2.0, mode="nearest")


def _by_cell(output: torch.Tensor) -> torch.Tensor:
    """(N, K, h, w) to (N, h × w, K)."""
    return output.flatten(2).transpose(1, 2)
