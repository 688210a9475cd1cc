"""What runs in the child process that prepares a registered file: read or convert, complete the graph, try it."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import onnx
import torch

from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.domain.registered import (
    ModelConfig,
    ModelFormat,
    PreparedModel,
    Preprocessing,
    RegisteredVersion,
    are_labels,
    spec_of,
)
from loupe_inference.models.bring import hugging_face, onnx_file, outputs, torchscript, trial
from loupe_inference.models.bring.graph import Graph
from loupe_inference.models.bring.job import PrepareJob
from loupe_inference.models.bring.source import Source
from loupe_kit.child import Progress

_FORMATS: dict[ModelFormat, Callable[[Path, ModelConfig], Source]] = {
    ModelFormat.ONNX: lambda path, config: Source(onnx_file.read(path), config.labels, config.preprocessing),
    ModelFormat.TORCHSCRIPT: torchscript.read,
    ModelFormat.HUGGING_FACE: hugging_face.read,
}


def prepare(job: PrepareJob, _progress: Progress) -> PreparedModel:
    """Entry point of the child process: write the converted file and say what it is.

    Raises:
        ModelFileInvalid: If the file is not what its format says, is refused, or does not fit labels and input size.
        ModelCheckFailed: If the network fails on the sample images.
    """
    torch.set_num_threads(1)
    config = job.config
    source = _FORMATS[config.format](job.source, config)
    how = source.preprocessing
    if how is None or not are_labels(source.labels, config.task):
        raise onnx_file.invalid(
            "it names no classes or no input size", "say labels and preprocessing when registering it"
        )
    graph = Graph(source.model)
    graph.take_pixels(how)
    feature = outputs.choose(graph, config.task, len(source.labels), how)
    content = _finished(graph.model)
    job.target.write_bytes(content)
    found = trial.run(*_catalogued(config, source.labels, how), content)
    return PreparedModel(
        labels=source.labels,
        preprocessing=how,
        feature_dimension=found.feature_dimension,
        object_feature_dimension=found.object_feature_dimension,
        feature_description=feature,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        check=found.check,
    )


def _finished(model: onnx.ModelProto) -> bytes:
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        why = str(error).strip().splitlines()[0][:300]
        raise onnx_file.invalid(f"it cannot be completed: {why}", "export it with a newer opset, such as 17") from error
    content: bytes = model.SerializeToString()
    return content


def _catalogued(config: ModelConfig, labels: tuple[str, ...], how: Preprocessing) -> tuple[ModelSpec, ModelVersion]:
    """The model as its reader needs it, before all is known of it."""
    unknown = PreparedModel(labels, how, 1, 0, "", "", 0, trial.NOTHING_YET)
    version = RegisteredVersion(config, unknown, 1, "", datetime.now(UTC), is_active=True)
    return spec_of([version], version), version.catalogued()
