"""The graph of the detectors: shapes, places, what it is built from; as ONNX it answers the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from loupe_inference.models import efficientnet_lite, fcos, onnx_network, trained
from loupe_inference.models.fcos import FcosNetwork
from loupe_inference.models.network import FromPixels

SIZE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2


@pytest.fixture(scope="module")
def network() -> FcosNetwork:
    torch.manual_seed(1)
    return FcosNetwork("efficientnet-lite0", SIZE, classes=3, width=16).eval()


@pytest.fixture(scope="module")
def batch() -> torch.Tensor:
    return torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(2))


@torch.inference_mode()
def test_forward__shapes_and_ranges(network: FcosNetwork, batch: torch.Tensor) -> None:
    scores, boxes, feature, feature_map = network(batch)

    assert scores.shape == (2, CELLS, 3)
    assert boxes.shape == (2, CELLS, 4)
    assert feature.shape == (2, 112 + 320)
    assert feature_map.shape == (2, 112 + 320, 4, 4)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (boxes[..., 2:] > boxes[..., :2]).all()
    torch.testing.assert_close(feature, feature_map.mean((2, 3)))


@torch.inference_mode()
def test_forward__an_image_answers_the_same_in_any_batch(network: FcosNetwork, batch: torch.Tensor) -> None:
    for alone, together in zip(network(batch[1:]), network(batch), strict=True):
        torch.testing.assert_close(alone[0], together[1], rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_heads__output_of_zero_is_a_usual_box_at_its_cell(network: FcosNetwork) -> None:
    boxes = network._boxes(torch.zeros(1, CELLS, 4))[0]

    # The first cells of each level.
    assert boxes[0].tolist() == [4 - 16, 4 - 16, 4 + 16, 4 + 16]
    assert boxes[64].tolist() == [8 - 32, 8 - 32, 8 + 32, 8 + 32]
    assert boxes[80].tolist() == [16 - 64, 16 - 64, 16 + 64, 16 + 64]


def test_cells__level_by_level_row_by_row() -> None:
    centres, strides = fcos.cells(SIZE)

    assert centres[:2].tolist() == [[4, 4], [12, 4]]
    assert centres[8].tolist() == [4, 12]
    assert centres[-1].tolist() == [48, 48]
    assert strides[[0, 63, 64, 79, 80, 83], 0].tolist() == [8, 8, 16, 16, 32, 32]


@pytest.mark.parametrize("backbone", ["efficientnet-lite0", "efficientnet-lite2"])
@torch.inference_mode()
def test_split__at_each_stride_and_nothing_lost(backbone: str, batch: torch.Tensor) -> None:
    body = efficientnet_lite.fold(EfficientNet.from_name(backbone, image_size=SIZE).eval()).body
    pieces = fcos.split(body)

    sides, level = [], batch
    for piece in pieces:
        level = piece(level)
        sides.append(level.shape[-1])

    assert sides == [SIZE // 4, SIZE // 8, SIZE // 16, SIZE // 32]
    torch.testing.assert_close(body[-2:](level), body(batch))


@torch.inference_mode()
def test_load__what_was_written_within_half_precision(
    network: FcosNetwork, batch: torch.Tensor, tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    labels = ("scratch", "dent", "hole")
    description = trained.Description("mine", labels, "efficientnet-lite0", SIZE, 7, "abc", {"map50": 0.5})
    trained.write(path, network.state_dict(), description)

    again = fcos.load(path)

    assert trained.read(path)[1] == description
    for written, read in zip(network(batch), again(batch), strict=True):
        torch.testing.assert_close(written, read, rtol=0.05, atol=0.05)
    trained.write(tmp_path / "again.safetensors", again.state_dict(), description)
    for once, twice in zip(again(batch), fcos.load(tmp_path / "again.safetensors")(batch), strict=True):
        torch.testing.assert_close(once, twice, rtol=0, atol=0)


def test_load__other_tensors_than_described(network: FcosNetwork, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    tensors = {name: tensor for name, tensor in network.state_dict().items() if name != "locate.0.2.bias"}
    trained.write(path, tensors, trained.Description("mine", ("a", "b", "c"), "efficientnet-lite0", SIZE, 7, "", {}))

    with pytest.raises(RuntimeError, match=r"locate\.0\.2\.bias"):
        fcos.load(path)


@torch.inference_mode()
def test_export__onnx_answers_the_same(network: FcosNetwork) -> None:
    from_pixels = FromPixels(network, efficientnet_lite.MEAN, efficientnet_lite.SCALE)
    pixels = np.random.default_rng(3).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)

    session = onnxruntime.InferenceSession(
        onnx_network.export(from_pixels, SIZE, SIZE), providers=["CPUExecutionProvider"]
    )
    outputs = session.run(None, {session.get_inputs()[0].name: pixels})

    for fast, plain in zip(outputs, from_pixels(torch.from_numpy(pixels)), strict=True):
        np.testing.assert_allclose(fast, plain.numpy(), rtol=1e-3, atol=1e-3)
