"""A network behind one shape: pixels in, the arrays of its output out, whatever computes it.

The feature vector is one of the arrays: it leaves the graph where it enters the output layer, in the same pass.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from loupe_inference.models import onnx_network

Pixels = npt.NDArray[np.uint8]
"""Images at the network's input size: array (N, H, W, 3), uint8, RGB."""
Outputs = tuple[npt.NDArray[np.float32], ...]
"""What a network answers: arrays (N, …), float32, in the order of its graph."""


class Network(Protocol):
    """Computes batches. Safe to call from several threads at once."""

    @property
    def best_batch(self) -> int:
        """Images in one call at which it is fastest."""
        ...

    def run(self, pixels: Pixels) -> Outputs:
        """Compute one batch of at least one image."""
        ...


class FromPixels(nn.Module):
    """A network with its normalisation: (x - mean) / scale for each channel.

    Args:
        body: Takes (N, 3, H, W), float32, normalised.
        mean: Of R, G and B, of 255.
        scale: Of R, G and B, of 255.
        is_bgr: Whether `body` wants its channels in the order B, G, R.
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, body: nn.Module, mean: Sequence[float], scale: Sequence[float], *, is_bgr: bool = False) -> None:
        super().__init__()
        self.body = body
        self.is_bgr = is_bgr
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1))
        self.register_buffer("scale", 1 / torch.tensor(scale).reshape(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Outputs of the body: (N, H, W, 3), uint8, to tensors (N, …)."""
        batch = (pixels.permute(0, 3, 1, 2).to(self.mean.dtype) - self.mean) * self.scale
        outputs: tuple[torch.Tensor, ...] = self.body(batch.flip(1) if self.is_bgr else batch)
        return outputs


class TorchNetwork:
    """A `Network` that torch computes: channels last, on a GPU in half precision.

    Args:
        network: From pixels, see `FromPixels`.
        device: Where to compute.
    """

    def __init__(self, network: FromPixels, device: torch.device) -> None:
        self._device = device
        self._network = network.eval().to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if device.type != "cpu":
            self._network = self._network.half()

    @property
    def best_batch(self) -> int:
        """See `Network`."""
        # On a CPU, torch takes another kernel below 16 images, which needs 60 % more.
        return 16 if self._device.type == "cpu" else 32

    def run(self, pixels: Pixels) -> Outputs:
        """See `Network`."""
        with torch.inference_mode():
            outputs = self._network(torch.from_numpy(pixels).to(self._device))
            return tuple(output.float().cpu().numpy() for output in outputs)


def fastest(network: FromPixels, height: int, width: int, device: torch.device) -> Network:
    """The network in the way that is fastest on a device: ONNX Runtime on a CPU, torch on a GPU."""
    if device.type == "cpu":
        return onnx_network.OnnxNetwork(onnx_network.export(network, height, width))
    return TorchNetwork(network, device)
