"""Which code makes which model of the catalogue."""

from collections.abc import Callable

import torch

from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_inference.models import efficientnet_lite, network
from loupe_inference.models.analyser import Analyser, Reader
from loupe_inference.models.classifier import ClassReader
from loupe_inference.models.network import FromPixels

_BUILDERS: dict[str, Callable[[ModelSpec, ModelVersion], FromPixels]] = {
    "efficientnet-lite0": efficientnet_lite.load,
}
_READERS: dict[Task, Callable[[ModelSpec, ModelVersion], Reader]] = {
    Task.CLASSIFICATION: ClassReader,
}


def build(spec: ModelSpec, version: ModelVersion) -> FromPixels:
    """The network of a version, on the CPU.

    Raises:
        ModelNotReady: If its weights are missing, changed or unreadable.
    """
    return _BUILDERS[spec.id](spec, version)


def load(spec: ModelSpec, version: ModelVersion, device: torch.device, max_pixels: int) -> Analyser:
    """A version, ready to analyse in the way that is fastest on a device.

    Raises:
        ModelNotReady: If its weights are missing, changed or unreadable.
    """
    computes = network.fastest(build(spec, version), spec.input_height, spec.input_width, device)
    return Analyser(spec, computes, _READERS[spec.task](spec, version), max_pixels)
