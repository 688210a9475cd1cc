"""Reads TorchScript archives.

Code of the archive runs here, in TorchScript's own interpreter: who may register models is trusted as far as this
process reaches. A pickle is refused: it could run any Python.
"""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import ModelConfig
from loupe_inference.models.bring import exporting
from loupe_inference.models.bring.onnx_file import invalid
from loupe_inference.models.bring.source import Source

_REMEDY = "save the network with torch.jit.save(torch.jit.trace(network.eval(), images), path)"


def read(path: Path, config: ModelConfig) -> Source:
    """The network in an archive, converted.

    Raises:
        ModelFileInvalid: If it is no such archive, or cannot be run or converted.
    """
    how = config.preprocessing
    if how is None:
        raise invalid("nothing says how images are prepared for it", "say its preprocessing when registering it")
    network = _load(path)
    example = torch.zeros(2, 3, how.input_height, how.input_width)
    try:
        with torch.inference_mode():
            answer = network(example)
    except Exception as error:  # the archive's own code
        why = _why(error)
        raise invalid(f"it does not compute two images of {tuple(example.shape[1:])}: {why}", _REMEDY) from error
    return Source(exporting.export(network, how, _names(answer, config.task)), config.labels, how)


def _load(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise invalid("it is no TorchScript archive, or a truncated one; pickles are refused", _REMEDY) from error
    # torch.save writes the same kind of zip, without code.
    if not any("/code/" in name for name in members) or not any(name.endswith("/constants.pkl") for name in members):
        raise invalid("it holds pickled Python objects instead of TorchScript, and pickles are refused", _REMEDY)
    try:
        with warnings.catch_warnings():
            # That TorchScript is on its way out is known; plants have such files.
            warnings.simplefilter("ignore")
            return torch.jit.load(path, map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except Exception as error:  # whatever a broken archive makes torch stumble over
        raise invalid(f"torch cannot load it: {_why(error)}", _REMEDY) from error


def _names(answer: object, task: Task) -> list[str]:
    """What the outputs are called, by their number."""
    count = len(answer) if isinstance(answer, tuple | list) else 1
    known = {
        (Task.CLASSIFICATION, 1): ["logits"],
        (Task.CLASSIFICATION, 2): ["logits", "feature"],
        (Task.DETECTION, 3): ["scores", "boxes", "feature_map"],
        (Task.DETECTION, 4): ["scores", "boxes", "feature", "feature_map"],
    }
    if (task, count) not in known or isinstance(answer, dict):
        raise invalid(
            f"it answers {count} tensors",
            "a classifier answers scores, or scores and feature; a detector (scores, boxes, feature_map) or "
            "(scores, boxes, feature, feature_map)",
        )
    return known[task, count]


def _why(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300]
