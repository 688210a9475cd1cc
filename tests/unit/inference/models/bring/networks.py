"""Tiny networks, and the files that people would register of them."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import ModelConfig, ModelFormat, Preprocessing
from loupe_inference.models.bring import exporting

SIDE = 32
LABELS = ("good", "scratch", "dent")
HOW = Preprocessing(SIDE, SIDE, (120.0, 110.0, 100.0), (60.0, 61.0, 62.0))


class Classifier(nn.Module):
    """Three classes, a feature of eight numbers."""

    def __init__(self, *, softmax: bool = False, channels: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(channels, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, len(LABELS))
        self.softmax = softmax

    def features(self, images: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = self.body(images).mean((2, 3))
        return pooled

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(self.features(images))
        return scores.softmax(-1) if self.softmax else scores


class Detector(nn.Module):
    """A place for each of 4 x 4 cells, a map of six numbers a cell."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Conv2d(3, 6, 8, stride=8)
        self.scores = nn.Conv2d(6, len(LABELS), 1)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        seen = self.body(images)
        scores = self.scores(seen).flatten(2).transpose(1, 2).sigmoid()
        rows, columns = torch.meshgrid(torch.arange(4.0), torch.arange(4.0), indexing="ij")
        corner = torch.stack([columns.flatten(), rows.flatten()], 1) * 8
        boxes = torch.cat([corner, corner + 8], 1)[None] + 0 * scores[..., :1]
        return scores, boxes, seen


def config(task: Task = Task.CLASSIFICATION, kind: ModelFormat = ModelFormat.ONNX, **changes: Any) -> ModelConfig:
    values: dict[str, Any] = {
        "model": "line-3",
        "display_name": "Line 3",
        "task": task,
        "format": kind,
        "labels": LABELS,
        "preprocessing": HOW,
        "description": "Welds.",
        "licence": "",
        "size_bytes": 1,
    }
    return ModelConfig(**{**values, **changes})


def onnx_bytes(network: nn.Module, outputs: Sequence[str] = ("scores",), how: Preprocessing = HOW) -> bytes:
    """The file that an exporter writes."""
    content: bytes = exporting.export(network.eval(), how, outputs).SerializeToString()
    return content


def changed(content: bytes, change: Callable[[onnx.ModelProto], None]) -> bytes:
    """An ONNX file with something else in it."""
    model = onnx.load_model_from_string(content)
    change(model)
    result: bytes = model.SerializeToString()
    return result


def strange_operator(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("plant.example", 1))
    node = model.graph.node[0]
    node.domain, node.op_type = "plant.example", "Secret"


def data_outside(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")


def channels_last(model: onnx.ModelProto) -> None:
    """As networks of TensorFlow come."""
    theirs = model.graph.input[0].name
    model.graph.node.insert(0, helper.make_node("Transpose", ["images_last"], [theirs], perm=[0, 3, 1, 2]))
    del model.graph.input[:]
    shape: list[str | int | None] = ["batch", SIDE, SIDE, 3]
    model.graph.input.append(helper.make_tensor_value_info("images_last", TensorProto.FLOAT, shape))


def fixed_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def torchscript_bytes(network: nn.Module) -> bytes:
    """An archive as plants have them."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        # That TorchScript is on its way out is known.
        warnings.simplefilter("ignore", DeprecationWarning)
        traced: Any = torch.jit.trace(network.eval(), torch.zeros(2, 3, SIDE, SIDE))  # type: ignore[no-untyped-call]
        torch.jit.save(traced, file)
    return file.getvalue()


def zipped(folder: Path, inside: str = "") -> bytes:
    """A folder as a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, inside + path.name)
    return file.getvalue()


def hugging_face_folder(folder: Path, task: Task = Task.CLASSIFICATION) -> Path:
    """What `save_pretrained` writes of a tiny network."""
    import transformers

    torch.manual_seed(0)
    names: dict[str, Any] = {"id2label": dict(enumerate(LABELS)), "label2id": {n: i for i, n in enumerate(LABELS)}}
    network: Any
    if task is Task.CLASSIFICATION:
        network = transformers.ResNetForImageClassification(
            transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], **names)
        )
    else:
        network = transformers.YolosForObjectDetection(
            transformers.YolosConfig(
                hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
                image_size=[SIDE, SIDE], patch_size=8, num_detection_tokens=5, **names,
            )
        )  # fmt: skip
    network.save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    normal = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.25, 0.3], "rescale_factor": 1 / 255}
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": size, "do_resize": True} | normal))
    return folder
