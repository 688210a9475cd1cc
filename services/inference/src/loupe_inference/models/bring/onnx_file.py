"""Reads an ONNX file and refuses what Loupe does not run."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import onnx

from loupe_inference.domain.errors import ModelFileInvalid

_DOMAINS = frozenset({"", "ai.onnx"})
_OLDEST_OPSET, _NEWEST_OPSET = 9, 23


def invalid(detail: str, remedy: str) -> ModelFileInvalid:
    """The error for a file that cannot be taken."""
    return ModelFileInvalid(f"The file cannot be taken: {detail}; {remedy}.", detail=detail[:500])


def read(path: Path) -> onnx.ModelProto:
    """The model in a file.

    Raises:
        ModelFileInvalid: If it is no whole ONNX model, keeps data outside of the file, or has operators of others.
    """
    model = onnx.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except Exception as error:
        raise invalid("it is no ONNX model", "give the whole file as the exporter wrote it") from error
    if not model.graph.node:
        raise invalid("it is no ONNX model, or one without operators", "give the whole file as the exporter wrote it")
    _refuse_outside_data(model)
    _refuse_strange_operators(model)
    try:
        onnx.checker.check_model(model)
    except Exception as error:
        why = str(error).strip().splitlines()[0][:300]
        raise invalid(f"the ONNX checker says: {why}", "export the model anew") from error
    return model


def _refuse_outside_data(model: onnx.ModelProto) -> None:
    """Paths in a file could name any file of this machine."""
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise invalid(
                f"tensor {tensor.name!r} keeps its data in another file",
                "save the model with all of its data inside: onnx.save(model, path, save_as_external_data=False)",
            )


def _refuse_strange_operators(model: onnx.ModelProto) -> None:
    own = {(function.domain, function.name) for function in model.functions}
    for node in _nodes(model):
        if node.domain not in _DOMAINS and (node.domain, node.op_type) not in own:
            raise invalid(
                f"operator {node.op_type} of domain {node.domain!r} is none of ONNX's own",
                "export the model with standard operators only",
            )
    opset = max((entry.version for entry in model.opset_import if entry.domain in _DOMAINS), default=0)
    if not _OLDEST_OPSET <= opset <= _NEWEST_OPSET:
        raise invalid(
            f"its operator set is {opset}", f"export it with opset {_OLDEST_OPSET} to {_NEWEST_OPSET}, such as 17"
        )


def _nodes(model: onnx.ModelProto) -> Iterator[onnx.NodeProto]:
    yield from _within(model.graph.node)
    for function in model.functions:
        yield from _within(function.node)


def _within(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes, and those in the branches and loops of each."""
    for node in nodes:
        yield node
        for graph in _subgraphs(node):
            yield from _within(graph.node)


def _subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from _initializers(model.graph)
    for node in _nodes(model):
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for sparse in (
                *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
                *attribute.sparse_tensors,
            ):
                yield from (sparse.values, sparse.indices)
        for graph in _subgraphs(node):
            yield from _initializers(graph)


def _initializers(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
