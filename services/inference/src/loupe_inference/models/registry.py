"""Which code makes which model of the catalogue."""

from collections.abc import Callable

import torch

from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_inference.models import efficientnet_lite, nanodet, network, onnx_network
from loupe_inference.models.analyser import Analyser, Reader
from loupe_inference.models.classifier import ClassReader
from loupe_inference.models.detector import BoxReader
from loupe_inference.models.network import FromPixels
from loupe_inference.models.onnx_network import OnnxNetwork

_BUILDERS: dict[str, Callable[[ModelSpec, ModelVersion], FromPixels]] = {
    "efficientnet-lite0": efficientnet_lite.load,
    "efficientnet-lite2": efficientnet_lite.load,
    "nanodet-coco": nanodet.load,
}
_READERS: dict[Task, Callable[[ModelSpec, ModelVersion], Reader]] = {
    Task.CLASSIFICATION: ClassReader,
    Task.DETECTION: BoxReader,
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


def export(spec: ModelSpec, version: ModelVersion) -> bytes:
    """The graph of a version that the fast path on a CPU computes, see `onnx_network`.

    Raises:
        ModelNotReady: If its weights are missing, changed or unreadable.
    """
    return onnx_network.export(build(spec, version), spec.input_height, spec.input_width)


def load_graph(spec: ModelSpec, version: ModelVersion, graph: bytes, max_pixels: int) -> Analyser:
    """What `load` gives on a CPU, of a graph that was exported before: quicker, and without the weights."""
    return Analyser(spec, OnnxNetwork(graph), _READERS[spec.task](spec, version), max_pixels)
