"""A network with its feature hook: image batch in, output and feature vectors out."""

import threading

import torch
from torch import nn


class HookedNetwork:
    """Runs a network and catches what enters its classifier layer: the documented feature vector.

    Safe to call from several threads at once.

    Args:
        network: In evaluation mode.
        classifier: Layer of `network` whose input (N, D) is the feature.
        device: Where to compute.
    """

    def __init__(self, network: nn.Module, classifier: nn.Module, device: torch.device) -> None:
        self._network = network.eval().to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device
        self._caught = threading.local()
        classifier.register_forward_pre_hook(self._catch)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._device

    def run(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute one batch.

        Args:
            batch: Prepared images, (N, 3, H, W), float32.

        Returns:
            The network's output, and the features (N, D), float32; both on the CPU.
        """
        with torch.inference_mode():
            output: torch.Tensor = self._network(batch.to(self._device, memory_format=torch.channels_last))
            feature: torch.Tensor = self._caught.feature
            self._caught.feature = None
            return output.float().cpu(), feature.float().cpu()

    def _catch(self, _module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self._caught.feature = inputs[0]
