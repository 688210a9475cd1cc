from __future__ import annotations

import io
import random
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from loupe_inference.domain.builtin_models import nanodet_coco
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.models import nanodet, nanodet_source
from loupe_inference.models.nanodet import NanoDet


def graph_of(network: NanoDet) -> tuple[dict[str, Any], bytes]:
    """A network as TensorFlow.js keeps it: a graph in any order, and its weights in half precision."""
    nodes: list[dict[str, Any]] = [{"op": "Placeholder", "name": "input"}]
    manifest, numbers = [], b""
    for at, conv in enumerate(module for module in network.modules() if isinstance(module, nn.Conv2d)):
        assert conv.bias is not None
        name = f"convolution_{at}" if at else "convolution"
        for role, value in (("kernel", conv.weight.permute(2, 3, 1, 0)), ("bias", conv.bias.reshape(1, -1, 1, 1))):
            half = value.detach().half().contiguous().numpy()
            numbers += half.tobytes()
            quantization = {"dtype": "float16", "original_dtype": "float32"}
            weight = {"name": f"{role}{at}", "shape": half.shape, "dtype": "float32", "quantization": quantization}
            manifest.append(weight)
        nodes.append({"op": "Conv2D", "name": name, "input": [f"before{at}", f"kernel{at}"]})
        nodes.append({"op": "Add", "name": f"add{at}", "input": [name, f"bias{at}"]})
    random.Random(3).shuffle(nodes)
    return {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": manifest}]}, numbers


def test_from_graph__every_weight_in_its_place() -> None:
    torch.manual_seed(1)
    network = NanoDet()

    state = nanodet_source.from_graph(*graph_of(network))

    assert state.keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        assert torch.equal(state[name], value.half()), name


def test_convert__another_package(tmp_path: Path) -> None:
    package = tmp_path / "package.tgz"
    with tarfile.open(package, "w:gz") as archive:
        entry = tarfile.TarInfo("package/models/nanodet.json")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"{}"))

    with pytest.raises(SystemExit, match=r"take version 3\.0\.4"):
        nanodet_source.convert(package, tmp_path / "models")

    assert not (tmp_path / "models").exists()


def test_load__weights_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_INFERENCE_MODELS_DIR", str(tmp_path))

    with pytest.raises(ModelNotReady, match="make models") as raised:
        nanodet.load(nanodet_coco(), nanodet_coco().active)

    assert str(tmp_path) in raised.value.message


def test_load__another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_INFERENCE_MODELS_DIR", str(tmp_path))
    (tmp_path / nanodet.FILE_NAME).write_bytes(b"other")

    with pytest.raises(ModelNotReady, match="has sha256"):
        nanodet.load(nanodet_coco(), nanodet_coco().active)


def test_nanodet__a_cell_answers_for_its_own_place() -> None:
    network = NanoDet().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        scores, boxes, feature, feature_map = network(torch.zeros(1, 3, 416, 416))

    assert scores.shape == (1, 3549, 80)
    # Without weights, distances are the mean of 0 to 10 strides: boxes of 10 strides around the centres.
    assert boxes[0, [0, 1, 52, 2704, 3380]].tolist() == [
        [-36, -36, 44, 44],
        [-28, -36, 52, 44],
        [-36, -28, 44, 52],
        [-72, -72, 88, 88],
        [-144, -144, 176, 176],
    ]
    assert feature.shape == (1, nanodet_coco().active.feature_dimension)
    assert feature_map.shape == (1, nanodet_coco().active.object_feature_dimension, 26, 26)
