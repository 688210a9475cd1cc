"""From torch to ONNX."""

import io
import warnings
from collections.abc import Sequence

import onnx
import torch
from torch import nn

from loupe_inference.domain.registered import Preprocessing
from loupe_inference.models.bring.onnx_file import invalid

_OPSET = 17


def export(network: nn.Module, how: Preprocessing, outputs: Sequence[str]) -> onnx.ModelProto:
    """A network as a graph in ONNX.

    Args:
        network: Takes (N, 3, H, W), float32, and answers a tensor or a tuple of tensors (N, …).
        how: Says the input size.
        outputs: Names of what it answers, in order.

    Raises:
        ModelFileInvalid: If it cannot be exported.
    """
    file = io.BytesIO()
    example = torch.zeros(2, 3, how.input_height, how.input_width)
    try:
        with warnings.catch_warnings():
            # Of the exporter about itself, and of networks about being traced.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                (example,),
                file,  # type: ignore[arg-type]  # open files do as well
                input_names=["images"],
                output_names=list(outputs),
                dynamic_axes={name: {0: "batch"} for name in ("images", *outputs)},
                opset_version=_OPSET,
                dynamo=False,
            )
    except Exception as error:  # whatever a strange network makes the exporter stumble over
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise invalid(
            f"torch cannot export it to ONNX: {why}", "export it yourself and register the ONNX file"
        ) from error
    model: onnx.ModelProto = onnx.load_model_from_string(file.getvalue())
    return model
