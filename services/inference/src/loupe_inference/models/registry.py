"""Which code makes which model of the catalogue."""

from collections.abc import Callable
from pathlib import Path

import torch

from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_inference.models import efficientnet_lite, fcos, nanodet, network, onnx_network, trained, weights
from loupe_inference.models.analyser import Analyser, Reader
from loupe_inference.models.classifier import ClassReader
from loupe_inference.models.detector import BoxReader
from loupe_inference.models.network import FromPixels
from loupe_inference.models.onnx_network import OnnxNetwork


def _surface_classifier(spec: ModelSpec, version: ModelVersion) -> FromPixels:
    network = efficientnet_lite.load_trained(_committed(spec, version))
    return FromPixels(network, efficientnet_lite.MEAN, efficientnet_lite.SCALE)


def _surface_detector(spec: ModelSpec, version: ModelVersion) -> FromPixels:
    network = fcos.load(_committed(spec, version))
    return FromPixels(network, efficientnet_lite.MEAN, efficientnet_lite.SCALE)


def _committed(spec: ModelSpec, version: ModelVersion) -> Path:
    """The weights file of a model that this project trained; it comes with the code."""
    path = trained.FOLDER / f"{spec.id}.safetensors"
    weights.verified(path, spec, version)
    return path


_BUILDERS: dict[str, Callable[[ModelSpec, ModelVersion], FromPixels]] = {
    "efficientnet-lite0": efficientnet_lite.load,
    "efficientnet-lite2": efficientnet_lite.load,
    "surface-classifier": _surface_classifier,
    "nanodet-coco": nanodet.load,
    "surface-fcos-s": _surface_detector,
    "surface-fcos-m": _surface_detector,
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


def load_graph(
    spec: ModelSpec, version: ModelVersion, graph: bytes, max_pixels: int, gpu: int | None = None
) -> Analyser:
    """What `load` gives on a CPU, of a graph that was exported before: quicker, and without the weights.

    Args:
        spec: The model.
        version: One of its versions.
        graph: See `OnnxNetwork`.
        max_pixels: Images with more are refused.
        gpu: Number of the GPU to compute on, see `OnnxNetwork`.
    """
    return Analyser(spec, OnnxNetwork(graph, gpu), _READERS[spec.task](spec, version), max_pixels)
