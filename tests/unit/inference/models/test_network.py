"""What computes a network does not change what it answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from loupe_inference.models import network, onnx_network
from loupe_inference.models.network import FromPixels, TorchNetwork

HEIGHT, WIDTH = 12, 16
PIXELS = np.random.default_rng(3).integers(0, 256, (5, HEIGHT, WIDTH, 3), np.uint8)


class _TwoOutputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 7, 3, padding=1)
        self.head = nn.Linear(7, 4)

    def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        feature = self.conv(batch).relu().mean((2, 3))
        return self.head(feature), feature


@pytest.fixture
def made() -> FromPixels:
    torch.manual_seed(5)
    return FromPixels(_TwoOutputs(), (120.0, 110.0, 100.0), (60.0, 61.0, 62.0)).eval()


def test_from_pixels__normalises_each_channel() -> None:
    class Same(nn.Module):
        def forward(self, batch: torch.Tensor) -> tuple[torch.Tensor]:
            return (batch,)

    pixels = torch.full((1, 2, 2, 3), 110, dtype=torch.uint8)

    (rgb,) = FromPixels(Same(), (100.0, 110.0, 120.0), (5.0, 5.0, 10.0))(pixels)
    (bgr,) = FromPixels(Same(), (100.0, 110.0, 120.0), (5.0, 5.0, 10.0), is_bgr=True)(pixels)

    assert rgb[0, :, 0, 0].tolist() == pytest.approx([2, 0, -1])
    assert bgr[0, :, 0, 0].tolist() == pytest.approx([-1, 0, 2])


def test_onnx__answers_as_torch(made: FromPixels) -> None:
    slow = TorchNetwork(made, torch.device("cpu")).run(PIXELS)
    fast = network.fastest(made, HEIGHT, WIDTH, torch.device("cpu"))

    assert isinstance(fast, onnx_network.OnnxNetwork)
    for expected, found in zip(slow, fast.run(PIXELS), strict=True):
        assert found.dtype == np.float32
        assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_onnx__any_batch(made: FromPixels, count: int) -> None:
    whole = network.fastest(made, HEIGHT, WIDTH, torch.device("cpu"))

    scores, features = whole.run(PIXELS[:count])

    assert (scores.shape, features.shape) == ((count, 4), (count, 7))


@pytest.mark.parametrize(
    ("gpu", "available", "expected"),
    [
        (None, ["CUDAExecutionProvider", "CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (1, ["CPUExecutionProvider"], ["CPUExecutionProvider"]),
        (
            1,
            ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"],
            [("CUDAExecutionProvider", {"device_id": 1}), "CPUExecutionProvider"],
        ),
    ],
)
def test_onnx__computes_on_the_gpu_it_is_given_where_it_can(
    gpu: int | None, available: list[str], expected: list[object]
) -> None:
    assert onnx_network.providers(gpu, available) == expected


def test_onnx__without_cuda_a_gpu_changes_nothing(made: FromPixels) -> None:
    graph = onnx_network.export(made, HEIGHT, WIDTH)
    on_cpu, given_one = onnx_network.OnnxNetwork(graph), onnx_network.OnnxNetwork(graph, gpu=0)

    assert given_one.best_batch == on_cpu.best_batch == 2
    for expected, found in zip(on_cpu.run(PIXELS), given_one.run(PIXELS), strict=True):
        assert (found == expected).all()


@pytest.mark.parametrize(("has_libraries", "batch"), [(True, 32), (False, 2)])
def test_onnx__batches_of_what_it_computes_on(monkeypatch: pytest.MonkeyPatch, has_libraries: bool, batch: int) -> None:
    """ONNX Runtime built for CUDA; where a library of CUDA is missing, it says so only once it has started."""
    available = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: available)

    class Session:
        def __init__(self, graph: bytes, options: object, providers: list[object]) -> None:
            self._names = [one[0] if isinstance(one, tuple) else one for one in providers]

        def get_providers(self) -> list[object]:
            return self._names if has_libraries else self._names[1:]

        def get_inputs(self) -> list[object]:
            return [type("Node", (), {"name": "pixels"})]

    monkeypatch.setattr("onnxruntime.InferenceSession", Session)

    assert onnx_network.OnnxNetwork(b"graph", gpu=0).best_batch == batch


@pytest.mark.gpu
def test_gpu__answers_as_the_cpu(made: FromPixels) -> None:
    slow = TorchNetwork(made, torch.device("cpu")).run(PIXELS)
    fast = network.fastest(made, HEIGHT, WIDTH, torch.device("cuda")).run(PIXELS)

    for expected, found in zip(slow, fast, strict=True):
        assert np.allclose(found, expected, atol=2e-2)
