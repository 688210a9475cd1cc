"""Files of one's own networks, as they come and as they should not come."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from torch import nn

from loupe_inference.domain.errors import ModelCheckFailed, ModelFileInvalid
from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import ModelConfig, ModelFormat, PreparedModel, Preprocessing
from loupe_inference.models.bring import prepare, trial
from loupe_inference.models.bring.job import PrepareJob
from loupe_inference.models.onnx_network import OnnxNetwork
from tests.unit.inference.models.bring import networks
from tests.unit.inference.models.bring.networks import HOW, LABELS, SIDE, Classifier, Detector, config, onnx_bytes

TORCHSCRIPT, HUGGING_FACE = ModelFormat.TORCHSCRIPT, ModelFormat.HUGGING_FACE
DETECTION = ("scores", "boxes", "feature_map")

Prepare = Callable[[bytes, ModelConfig], tuple[PreparedModel, OnnxNetwork]]


@pytest.fixture
def run(tmp_path: Path) -> Prepare:
    """Prepares a file as the child does; gives what is known of it, and the network that came out."""

    def prepared(content: bytes, said: ModelConfig) -> tuple[PreparedModel, OnnxNetwork]:
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(content)
        told = prepare.prepare(PrepareJob(source, target, said), lambda _: None)
        return told, OnnxNetwork(target.read_bytes())

    return prepared


def pixels() -> np.ndarray:
    return np.stack(list(trial.sample_images(SIDE, SIDE).values()))


def normalised(how: Preprocessing = HOW) -> torch.Tensor:
    values = (pixels().astype(np.float32) - np.array(how.mean, np.float32)) / np.array(how.scale, np.float32)
    return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))


def test_onnx_classifier__answers_as_the_network_itself(run: Prepare) -> None:
    network = Classifier().eval()

    told, computes = run(onnx_bytes(network), config())

    logits, feature = computes.run(pixels())
    with torch.inference_mode():
        assert np.allclose(logits, network(normalised()), atol=1e-5)
        assert np.allclose(feature, network.features(normalised()), atol=1e-5)
    assert (told.feature_dimension, told.object_feature_dimension, told.labels) == (8, 0, LABELS)
    assert "Gemm" in told.feature_description
    assert [sample.sample for sample in told.check.samples][:2] == ["black", "white"]
    assert all(sample.feature_norm > 0 for sample in told.check.samples)
    assert told.check.milliseconds_per_image > 0


def test_onnx_classifier__softmax_is_undone(run: Prepare) -> None:
    _, computes = run(onnx_bytes(Classifier(softmax=True)), config())

    with torch.inference_mode():
        assert np.allclose(computes.run(pixels())[0], Classifier().eval()(normalised()), atol=1e-5)


def test_onnx_classifier__feature_of_its_own(run: Prepare) -> None:
    class TwoOutputs(Classifier):
        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
            return super().forward(images), self.body(images)

    told, computes = run(onnx_bytes(TwoOutputs(), ["scores", "feature"]), config())

    assert told.feature_description == "Output 'feature' of the registered file."
    with torch.inference_mode():
        assert np.allclose(computes.run(pixels())[1], Classifier().eval().features(normalised()), atol=1e-5)


def test_onnx_classifier__blue_first(run: Prepare) -> None:
    how = Preprocessing(SIDE, SIDE, HOW.mean, HOW.scale, is_bgr=True)

    _, computes = run(onnx_bytes(Classifier()), config(preprocessing=how))

    with torch.inference_mode():
        assert np.allclose(computes.run(pixels())[0], Classifier().eval()(normalised().flip(1)), atol=1e-5)


def test_onnx_classifier__one_channel(run: Prepare) -> None:
    class Grey(Classifier):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return super().forward(images.mean(1, keepdim=True))

    content = onnx_bytes(Grey(channels=1))

    _, computes = run(content, config())

    assert computes.run(pixels())[0].shape == (5, 3)


def test_onnx_classifier__channels_last(run: Prepare) -> None:
    _, computes = run(networks.changed(onnx_bytes(Classifier()), networks.channels_last), config())

    with torch.inference_mode():
        assert np.allclose(computes.run(pixels())[0], Classifier().eval()(normalised()), atol=1e-5)


@pytest.mark.parametrize("kind", [ModelFormat.ONNX, TORCHSCRIPT])
def test_detector__feature_is_pooled_from_its_map(run: Prepare, kind: ModelFormat) -> None:
    network = Detector().eval()
    content = onnx_bytes(network, DETECTION) if kind is ModelFormat.ONNX else networks.torchscript_bytes(network)

    told, computes = run(content, config(Task.DETECTION, kind))

    scores, boxes, feature, seen = computes.run(pixels())
    with torch.inference_mode():
        expected = network(normalised())
    assert np.allclose(scores, expected[0], atol=1e-5)
    assert np.allclose(boxes, expected[1], atol=1e-5)
    assert np.allclose(feature, expected[2].mean((2, 3)), atol=1e-5)
    assert np.allclose(seen, expected[2], atol=1e-5)
    assert (told.feature_dimension, told.object_feature_dimension) == (6, 6)


def test_torchscript_classifier(run: Prepare) -> None:
    told, computes = run(networks.torchscript_bytes(Classifier()), config(kind=TORCHSCRIPT))

    logits, feature = computes.run(pixels())
    with torch.inference_mode():
        assert np.allclose(logits, Classifier().eval()(normalised()), atol=1e-5)
        assert np.allclose(feature, Classifier().eval().features(normalised()), atol=1e-5)
    assert told.feature_dimension == 8


def hugging_face_config(task: Task = Task.CLASSIFICATION, **changes: Any) -> ModelConfig:
    return config(task, HUGGING_FACE, **{"labels": (), "preprocessing": None, **changes})


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return networks.hugging_face_folder(tmp_path_factory.mktemp("resnet"))


def test_hugging_face_classifier__labels_and_preprocessing_are_the_directory_s(
    run: Prepare, classifier_folder: Path
) -> None:
    import transformers

    told, computes = run(networks.zipped(classifier_folder, "resnet/"), hugging_face_config())

    how = told.preprocessing
    assert told.labels == LABELS
    assert np.allclose(how.mean, (127.5, 102, 76.5))
    assert np.allclose(how.scale, (51, 63.75, 76.5))
    network: Any = transformers.AutoModelForImageClassification.from_pretrained(classifier_folder)
    with torch.inference_mode():
        assert np.allclose(computes.run(pixels())[0], network.eval()(normalised(how)).logits, atol=1e-4)


def test_hugging_face_detector(run: Prepare, tmp_path: Path) -> None:
    folder = networks.hugging_face_folder(tmp_path / "yolos", Task.DETECTION)

    told, computes = run(networks.zipped(folder), hugging_face_config(Task.DETECTION))

    scores, boxes, feature, seen = computes.run(pixels())
    assert (scores.shape, boxes.shape, feature.shape, seen.shape) == ((5, 5, 3), (5, 5, 4), (5, 16), (5, 16, 4, 4))
    assert (told.feature_dimension, told.object_feature_dimension) == (16, 16)


def changed_zip(folder: Path, name: str, content: bytes | None) -> bytes:
    """The folder as a zip with another file, or without it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.iterdir()):
            if path.name != name:
                archive.write(path, path.name)
        if content is not None:
            archive.writestr(name, content)
    return file.getvalue()


def test_hugging_face__pickled_weights(run: Prepare, classifier_folder: Path) -> None:
    without = changed_zip(classifier_folder, "model.safetensors", None)
    file = io.BytesIO(without)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("pytorch_model.bin", pickle.dumps({"a": 1}))

    with pytest.raises(ModelFileInvalid, match="pickle"):
        run(file.getvalue(), hugging_face_config())


def test_hugging_face__code_of_its_own(run: Prepare, classifier_folder: Path) -> None:
    said = json.loads((classifier_folder / "config.json").read_text())
    said["auto_map"] = {"AutoModelForImageClassification": "evil.Model"}

    with pytest.raises(ModelFileInvalid, match="auto_map"):
        run(changed_zip(classifier_folder, "config.json", json.dumps(said).encode()), hugging_face_config())


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("config.json", None, "config.json is missing"),
        ("config.json", b"{", "no JSON"),
        ("preprocessor_config.json", None, "preprocessor_config.json is missing"),
        ("preprocessor_config.json", b"{}", "no fixed input size"),
        ("model.safetensors", b"short", "cannot load"),
    ],
)
def test_hugging_face__incomplete(
    run: Prepare, classifier_folder: Path, name: str, content: bytes | None, fault: str
) -> None:
    with pytest.raises(ModelFileInvalid, match=fault):
        run(changed_zip(classifier_folder, name, content), hugging_face_config())


def test_hugging_face__weights_of_another_network(run: Prepare, classifier_folder: Path) -> None:
    said = json.loads((classifier_folder / "config.json").read_text())
    said["depths"] = [1, 2]

    with pytest.raises(ModelFileInvalid, match="lack or change"):
        run(changed_zip(classifier_folder, "config.json", json.dumps(said).encode()), hugging_face_config())


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was read",))


def _saved(thing: object) -> bytes:
    file = io.BytesIO()
    torch.save(thing, file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [pickle.dumps(_Evil()), _saved(_Evil()), _saved(Classifier().state_dict()), b"", b"PK\3\4 broken"],
    ids=["pickle", "torch.save of an object", "torch.save of weights", "nothing", "broken zip"],
)
def test_torchscript__pickles_are_refused_unread(run: Prepare, content: bytes) -> None:
    with pytest.raises(ModelFileInvalid, match="pickle"):
        run(content, config(kind=TORCHSCRIPT))


def test_torchscript__truncated(run: Prepare) -> None:
    content = networks.torchscript_bytes(Classifier())

    with pytest.raises(ModelFileInvalid):
        run(content[: len(content) // 2], config(kind=TORCHSCRIPT))


def test_torchscript__wrong_number_of_outputs(run: Prepare) -> None:
    with pytest.raises(ModelFileInvalid, match="answers 1 tensors"):
        run(networks.torchscript_bytes(Classifier()), config(Task.DETECTION, TORCHSCRIPT))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (networks.strange_operator, "plant.example"),
        (networks.data_outside, "another file"),
        (networks.fixed_batch, "fixed batch size 1"),
        (lambda model: model.graph.node.pop(0), "checker"),
        (lambda model: model.graph.input.pop(), "checker|0 inputs"),
        (lambda model: setattr(model.opset_import[0], "version", 5), "operator set is 5"),
        (lambda model: setattr(model.graph.input[0].type.tensor_type, "elem_type", TensorProto.INT64), "INT64"),
    ],
    ids=["operator", "outside", "batch", "hole", "no input", "old", "integers"],
)
def test_onnx__refused(run: Prepare, change: Callable[[onnx.ModelProto], Any], fault: str) -> None:
    with pytest.raises(ModelFileInvalid, match=fault):
        run(networks.changed(onnx_bytes(Classifier()), change), config())


@pytest.mark.parametrize("content", [b"", b"no model", pickle.dumps({"a": 1})], ids=["nothing", "text", "pickle"])
def test_onnx__no_model(run: Prepare, content: bytes) -> None:
    with pytest.raises(ModelFileInvalid, match="no ONNX model"):
        run(content, config())


def test_onnx__truncated(run: Prepare) -> None:
    content = onnx_bytes(Classifier())

    with pytest.raises(ModelFileInvalid):
        run(content[:-200], config())


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"labels": ("good", "bad")}, "for 2 labels"),
        ({"preprocessing": Preprocessing(64, SIDE)}, "input size"),
        ({"task": Task.DETECTION}, "without scores, boxes, feature_map|without boxes, feature_map"),
    ],
)
def test_onnx__does_not_fit_what_is_said(run: Prepare, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ModelFileInvalid, match=fault):
        run(onnx_bytes(Classifier()), config(**changes))


def test_onnx__nothing_to_take_features_from(run: Prepare) -> None:
    class NoLayer(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.mean((2, 3))

    with pytest.raises(ModelFileInvalid, match="second output named 'feature'"):
        run(onnx_bytes(NoLayer()), config())


class _WithNan(Classifier):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        # Black images are below 0 in every channel.
        return super().forward(images).sqrt()


class _Looks(Classifier):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images - images.mean(0, keepdim=True))


class _Probabilities(Classifier):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        powers = super().forward(images).exp()
        return powers / powers.sum(1, keepdim=True)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        return super().features(images)


class _Loud(Detector):
    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        scores, boxes, seen = super().forward(images)
        return scores + 1, boxes, seen


@pytest.mark.parametrize(
    ("network", "outputs", "task", "fault"),
    [
        (_WithNan(), ["scores"], Task.CLASSIFICATION, "NaN"),
        (_Looks(), ["scores"], Task.CLASSIFICATION, "other images of the batch"),
        (_Loud(), DETECTION, Task.DETECTION, r"outside of \[0, 1\]"),
    ],
)
def test_trial__fails(run: Prepare, network: nn.Module, outputs: list[str], task: Task, fault: str) -> None:
    with pytest.raises((ModelCheckFailed, ModelFileInvalid), match=fault):
        run(_with_feature(network, outputs, task), config(task))


def test_trial__probabilities(run: Prepare) -> None:
    with pytest.raises(ModelCheckFailed, match="before softmax"):
        run(_with_feature(_Probabilities(), ["scores"], Task.CLASSIFICATION), config())


def _with_feature(network: nn.Module, outputs: list[str], task: Task) -> bytes:
    """With a feature output, so that it is the trial that finds fault and not the search for the output layer."""
    if task is Task.DETECTION:
        return onnx_bytes(network, outputs)

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network: Any = network

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.network(images), self.network.features(images)

    return onnx_bytes(Both(), [*outputs, "feature"])
