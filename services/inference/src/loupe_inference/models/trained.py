"""Weights files of the models that this project trained: half-precision safetensors that describe themselves."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

FOLDER = Path(__file__).parent.parent / "weights"
"""Where the weights that come with the package lie, `<model id>.safetensors`."""

_ENTRY = "loupe"


@dataclass(frozen=True, slots=True)
class Description:
    """What a weights file says about itself."""

    model: str
    """Id of the model, such as "surface-fcos-s"."""
    labels: tuple[str, ...]
    """Names of the classes in the order of the output."""
    backbone: str
    """Published network whose layers it has, such as "efficientnet-lite0"."""
    input_size: int
    """Width and height of its input in pixels."""
    seed: int
    """Seed of the training."""
    commit: str
    """Commit of this repository that it was trained with."""
    measured: Mapping[str, float]
    """Figures on the held-out corpus, by name, such as "map50"."""


def read(path: Path) -> tuple[dict[str, torch.Tensor], Description]:
    """The tensors, float32 on the CPU, and the description.

    Raises:
        FileNotFoundError: If there is no such file.
        safetensors.SafetensorError: If it is none of this kind.
    """
    with safe_open(path, framework="pt") as file:
        entry = json.loads(file.metadata()[_ENTRY])
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no mapping
    return tensors, Description(**{**entry, "labels": tuple(entry["labels"])})


def write(path: Path, tensors: Mapping[str, torch.Tensor], description: Description) -> None:
    """Write a weights file; the tensors are rounded to half precision."""
    rounded = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in tensors.items()}
    save_file(rounded, path, metadata={_ENTRY: json.dumps(asdict(description), sort_keys=True)})
