"""Finds in a graph what the reader of a task wants: outputs by name and shape, the feature before the output layer."""

from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime

from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import Preprocessing
from loupe_inference.models.bring.graph import PIXELS, Graph
from loupe_inference.models.bring.onnx_file import invalid

FEATURE, FEATURE_MAP, SCORES, BOXES = "feature", "feature_map", "scores", "boxes"
_BATCH = 2
_DETECTION = (
    "name its outputs 'scores' (N, places, classes), 'boxes' (N, places, 4) and 'feature_map' (N, depth, height, width)"
)

Shapes = Mapping[str, tuple[int, ...]]


def choose(graph: Graph, task: Task, labels: int, how: Preprocessing) -> str:
    """Give the graph the outputs that its task's reader wants; where the feature is from, in words.

    Args:
        graph: From pixels, see `Graph.take_pixels`.
        task: What it answers.
        labels: Number of classes.
        how: Says the input size.

    Raises:
        ModelFileInvalid: If it has not what is wanted.
    """
    shapes = _shapes(graph.model, graph.outputs, how)
    if task is Task.CLASSIFICATION:
        return _classification(graph, shapes, labels, how)
    return _detection(graph, shapes, labels)


def _classification(graph: Graph, shapes: Shapes, labels: int, how: Preprocessing) -> str:
    names = [name for name in shapes if name != FEATURE]
    fitting = [name for name in names if shapes[name][1:] == (labels,)]
    if len(fitting) != 1:
        raise invalid(
            f"its outputs are {_shown(shapes)}, and one output of shape (N, {labels}) is wanted for {labels} labels",
            "give as many labels as the network has classes, and export class scores as one output",
        )
    scores = graph.before_softmax(fitting[0])
    if FEATURE in shapes:
        feature, source, shape = FEATURE, "Output 'feature' of the registered file.", shapes[FEATURE]
    else:
        feature, layer = graph.before_output_layer(scores)
        source, shape = f"{layer}.", _shapes(graph.model, [feature], how)[feature]
    graph.give({"logits": (scores, 2), FEATURE: (_flat(graph, feature, len(shape)), 2)})
    return source


def _detection(graph: Graph, shapes: Shapes, labels: int) -> str:
    missing = [name for name in (SCORES, BOXES, FEATURE_MAP) if name not in shapes]
    if missing:
        raise invalid(f"its outputs are {_shown(shapes)}, without {', '.join(missing)}", _DETECTION)
    scores, boxes, feature_map = shapes[SCORES], shapes[BOXES], shapes[FEATURE_MAP]
    if len(scores) != 3 or scores[2] != labels or boxes[1:] != (scores[1], 4) or len(feature_map) != 4:
        raise invalid(f"its outputs are {_shown(shapes)} for {labels} labels", _DETECTION)
    pooled = FEATURE if FEATURE in shapes else FEATURE_MAP
    source = "Output 'feature' of the registered file." if FEATURE in shapes else "Mean over the feature map."
    graph.give(
        {
            SCORES: (SCORES, 3),
            BOXES: (BOXES, 3),
            FEATURE: (_flat(graph, pooled, len(shapes[pooled])), 2),
            FEATURE_MAP: (FEATURE_MAP, 4),
        }
    )
    return source


def _flat(graph: Graph, name: str, rank: int) -> str:
    """One vector an image: the mean over the places of a map or the tokens of a sequence."""
    if rank == 4:
        return graph.add("Flatten", [graph.add("GlobalAveragePool", [name])], axis=1)
    if rank == 3:
        # Tokens last, as a map of one row: the pooling operator is the same in every operator set.
        turned = graph.add("Transpose", [name], perm=[0, 2, 1])
        return graph.add("Flatten", [graph.add("GlobalAveragePool", [turned])], axis=1)
    if rank == 2:
        return name
    raise invalid(f"its feature has {rank} dimensions", "export a feature of shape (N, D)")


def _shapes(model: onnx.ModelProto, names: list[str], how: Preprocessing) -> Shapes:
    """Shapes of tensors for a batch of two grey images."""
    wanted = onnx.ModelProto()
    wanted.CopyFrom(model)
    del wanted.graph.output[:]
    # A type without a shape: the runtime finds both by itself.
    wanted.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    pixels = np.full((_BATCH, how.input_height, how.input_width, 3), 128, np.uint8)
    try:
        session = onnxruntime.InferenceSession(wanted.SerializeToString(), options, providers=["CPUExecutionProvider"])
        answer = session.run(None, {PIXELS: pixels})
    except Exception as error:  # the runtime raises classes of its own
        why = str(error).strip().splitlines()[0][:300]
        raise invalid(
            f"it does not compute a batch of {_BATCH} images of {how.input_width} x {how.input_height}: {why}",
            "export it with a dynamic first dimension and for this input size",
        ) from error
    shapes = {name: np.shape(array) for name, array in zip(names, answer, strict=True)}
    for name, shape in shapes.items():
        if len(shape) < 2 or shape[0] != _BATCH:
            raise invalid(
                f"output {name!r} is {shape} for {_BATCH} images", "export outputs whose first dimension is the batch"
            )
    return shapes


def _shown(shapes: Shapes) -> str:
    return ", ".join(f"{name} (N, {', '.join(map(str, shape[1:]))})" for name, shape in shapes.items())
