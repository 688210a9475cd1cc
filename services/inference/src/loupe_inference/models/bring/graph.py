"""Surgery on ONNX graphs: pixels in, the outputs of the task out, the feature vector taken before the output layer."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from loupe_inference.domain.registered import Preprocessing
from loupe_inference.models.bring.onnx_file import invalid

PIXELS = "loupe/pixels"
_PREFIX = "loupe/"
_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)
# Between the output layer and the output: these change neither the order of classes nor what is a feature.
_PASSING = frozenset({"Add", "Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"})
_LAYERS = frozenset({"Conv", "Gemm", "MatMul"})


class Graph:
    """A model under surgery; nodes that are added have names of their own.

    Args:
        model: Changed in place.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        graph = model.graph
        self._constants = {tensor.name for tensor in graph.initializer}
        self._producers = {name: node for node in graph.node for name in node.output}
        self._count = 0

    @property
    def outputs(self) -> list[str]:
        """Names of the graph's outputs, in order."""
        return [value.name for value in self.model.graph.output]

    def image_input(self) -> onnx.ValueInfoProto:
        """The one input that takes images.

        Raises:
            ModelFileInvalid: If there is none, or more than one input.
        """
        inputs = [value for value in self.model.graph.input if value.name not in self._constants]
        if len(inputs) != 1:
            raise invalid(f"it has {len(inputs)} inputs", "export it with one input, the batch of images")
        return inputs[0]

    def add(self, operator: str, inputs: Iterable[str], **attributes: Any) -> str:
        """A node behind everything that is there; the name of its output."""
        name = self._name(operator)
        self.model.graph.node.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: object, kind: type[np.generic] = np.float32) -> str:
        """A constant; its name."""
        name = self._name("constant")
        self.model.graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype=kind), name))
        self._constants.add(name)
        return name

    def before_softmax(self, name: str) -> str:
        """What goes into the softmax that makes an output; the output itself if none does."""
        node = self._passed(name, frozenset({"Cast", "Identity"}))
        return node.input[0] if node is not None and node.op_type in ("Softmax", "LogSoftmax") else name

    def before_output_layer(self, name: str) -> tuple[str, str]:
        """What goes into the last layer with weights before an output, and what layer that is, in words.

        Raises:
            ModelFileInvalid: If there is none.
        """
        node = self._passed(name, _PASSING)
        if node is None or node.op_type not in _LAYERS:
            found = node.op_type if node is not None else "nothing"
            raise invalid(
                f"its scores come from {found}, not from a linear layer, so there is nothing to take features from",
                "export it with a second output named 'feature'",
            )
        return node.input[0], f"Input of the output layer: {node.op_type} {node.name!r}".strip()

    def _passed(self, name: str, passing: frozenset[str]) -> onnx.NodeProto | None:
        node = self._producers.get(name)
        while node is not None and node.op_type in passing:
            ahead = [one for one in node.input if one in self._producers and not self._is_constant(one)]
            node = self._producers[ahead[0]] if ahead else None
        return node

    def _is_constant(self, name: str) -> bool:
        producer = self._producers.get(name)
        return name in self._constants or (producer is not None and producer.op_type == "Constant")

    def take_pixels(self, how: Preprocessing) -> None:
        """Put preparation in front: the input becomes (N, H, W, 3), uint8.

        Raises:
            ModelFileInvalid: If the network's own input is no batch of such images.
        """
        value = self.image_input()
        channels, is_last = _checked_input(value, how)
        graph = self.model.graph
        theirs = list(graph.node)
        del graph.node[:]
        batch = self.add("Cast", [PIXELS], to=TensorProto.FLOAT)
        batch = self.add("Sub", [batch, self.constant(how.mean)])
        batch = self.add("Mul", [batch, self.constant(1 / np.asarray(how.scale, dtype=np.float64))])
        if channels == 1:
            batch = self.add("MatMul", [batch, self.constant(np.full((3, 1), 1 / 3))])
        elif how.is_bgr:
            batch = self.add("Gather", [batch, self.constant([2, 1, 0], np.int64)], axis=3)
        if not is_last:
            batch = self.add("Transpose", [batch], perm=[0, 3, 1, 2])
        kind = value.type.tensor_type.elem_type
        graph.node.append(helper.make_node("Cast", [batch], [value.name], name=self._name("Cast"), to=kind))
        graph.node.extend(theirs)
        pixels = helper.make_tensor_value_info(
            PIXELS, TensorProto.UINT8, ["batch", how.input_height, how.input_width, 3]
        )
        del graph.input[:]
        graph.input.append(pixels)

    def give(self, outputs: dict[str, tuple[str, int]]) -> None:
        """Make these the outputs, in order and as float32.

        Args:
            outputs: For each name the tensor that it is from, and the tensor's number of dimensions.
        """
        graph = self.model.graph
        values = []
        for name, (tensor, rank) in outputs.items():
            full = _PREFIX + name
            graph.node.append(helper.make_node("Cast", [tensor], [full], name=full, to=TensorProto.FLOAT))
            shape = ["batch", *(f"{name}{number}" for number in range(1, rank))]
            values.append(helper.make_tensor_value_info(full, TensorProto.FLOAT, shape))
        del graph.output[:]
        graph.output.extend(values)
        # What the exporter said about shapes was about the old input.
        del graph.value_info[:]

    def _name(self, what: str) -> str:
        self._count += 1
        return f"{_PREFIX}{what}{self._count}"


def _checked_input(value: onnx.ValueInfoProto, how: Preprocessing) -> tuple[int, bool]:
    """Channels of an input, and whether they are its last dimension."""
    kind = value.type.tensor_type
    dims = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in kind.shape.dim]
    wanted = f"(N, 3, {how.input_height}, {how.input_width})"
    if kind.elem_type not in _FLOATS or len(dims) != 4:
        name = TensorProto.DataType.Name(kind.elem_type)
        raise invalid(f"its input {value.name!r} is {name} {_shown(kind)}", f"export it with float32 {wanted}")
    if dims[0] > 0:
        raise invalid(
            f"its input {value.name!r} has the fixed batch size {dims[0]}",
            "export it with a dynamic first dimension: dynamic_axes={'input': {0: 'batch'}, 'output': {0: 'batch'}}",
        )
    is_last = dims[3] in (1, 3) and dims[1] not in (1, 3)
    height, width, channels = (dims[1], dims[2], dims[3]) if is_last else (dims[2], dims[3], dims[1])
    if height not in (0, how.input_height) or width not in (0, how.input_width) or channels not in (0, 1, 3):
        raise invalid(
            f"its input {value.name!r} is {_shown(kind)}, and the preprocessing gives {wanted}",
            "say the input size that the network was exported with",
        )
    return channels or 3, is_last


def _shown(kind: onnx.TypeProto.Tensor) -> str:
    dims = (str(dim.dim_value) if dim.HasField("dim_value") else dim.dim_param or "?" for dim in kind.shape.dim)
    return f"({', '.join(dims)})"
