"""A graph in ONNX, computed by ONNX Runtime: the fast path on a CPU, on one thread for each caller.

Graphs that a plant registered are computed so on a GPU too, where ONNX Runtime's build for CUDA is installed.
"""

import io
import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn

_OPSET = 17
_BATCH = "batch"
_GPU_BATCH = 32
_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


class OnnxNetwork:
    """A `Network` that ONNX Runtime computes. Callers bring their threads: none of its own stall on shared cores.

    Args:
        graph: A serialized model with one input, (N, H, W, 3), uint8, and outputs (N, …), float32.
        gpu: Number of the GPU to compute on; without CUDA in ONNX Runtime, and for None, the processor computes.
    """

    def __init__(self, graph: bytes, gpu: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Its arenas would keep what each model ever needed, 1.3 GB for six; the C library's heap is shared by all of
        # them and given back when nothing comes. As fast within 2 %, with the environment of the model host.
        options.enable_cpu_mem_arena = False
        # Errors come as exceptions; warnings tell of what its optimizer did.
        options.log_severity_level = 3
        wanted = providers(gpu, onnxruntime.get_available_providers())
        self._session = onnxruntime.InferenceSession(graph, options, providers=wanted)
        # It may find at the start that a library of CUDA is missing, and go on without.
        self._is_on_gpu = self._session.get_providers()[0] == _CUDA
        (self._input,) = (node.name for node in self._session.get_inputs())

    @property
    def best_batch(self) -> int:
        """See `Network`: what two images need stays in a core's cache; 16 take 30 % more each."""
        return _GPU_BATCH if self._is_on_gpu else 2

    def run(self, pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], ...]:
        """See `Network`."""
        return tuple(self._session.run(None, {self._input: pixels}))


def providers(gpu: int | None, available: Sequence[str]) -> list[str | tuple[str, dict[str, int]]]:
    """What ONNX Runtime shall compute with, the best first.

    Args:
        gpu: Number of the GPU, None without one.
        available: What the installed build can.
    """
    on_gpu: list[str | tuple[str, dict[str, int]]] = [(_CUDA, {"device_id": gpu})] if gpu is not None else []
    return [*(on_gpu if _CUDA in available else []), _CPU]


def export(network: nn.Module, height: int, width: int) -> bytes:
    """A network as a graph in ONNX.

    Args:
        network: Takes (N, height, width, 3), uint8, and answers a tuple of tensors (N, …).
        height: Of its input in pixels.
        width: Of its input in pixels.
    """
    example = torch.zeros(2, height, width, 3, dtype=torch.uint8)
    with torch.inference_mode():
        outputs = [f"output{number}" for number in range(len(network(example)))]
    file = io.BytesIO()
    with warnings.catch_warnings():
        # Of the exporter about itself. The newer one gives the same graph and takes half a minute more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (example,),
            file,  # type: ignore[arg-type]  # open files do as well
            input_names=["pixels"],
            output_names=outputs,
            dynamic_axes={name: {0: _BATCH} for name in ("pixels", *outputs)},
            opset_version=_OPSET,
            dynamo=False,
        )
    return file.getvalue()
