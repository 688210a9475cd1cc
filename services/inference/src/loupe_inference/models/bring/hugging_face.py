"""Reads zips of Hugging Face directories: networks of the library itself, weights as safetensors.

Code in a directory is never run, pickled weights are never read, and nothing is fetched.
"""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import nn

from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import ModelConfig, Preprocessing
from loupe_inference.models.bring import exporting
from loupe_inference.models.bring.detr import DetectionNetwork
from loupe_inference.models.bring.onnx_file import invalid
from loupe_inference.models.bring.source import Source

_CONFIG, _WEIGHTS, _PREPROCESSOR = "config.json", "model.safetensors", "preprocessor_config.json"
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt", ".h5", ".msgpack")
_MAX_JSON = 4 << 20
_REMEDY = "zip what save_pretrained(folder, safe_serialization=True) wrote"


def read(path: Path, config: ModelConfig) -> Source:
    """The network in a zip, converted.

    Raises:
        ModelFileInvalid: If it is no such zip, holds code or pickles, or cannot be loaded or converted.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="hugging-face-") as name:
        folder = Path(name)
        _unpack(path, folder)
        said = _json(folder / _CONFIG)
        if "auto_map" in said:
            raise invalid("it brings code of its own (auto_map), and no such code is run", "register it as ONNX")
        how = config.preprocessing or _preprocessing(_json(folder / _PREPROCESSOR))
        network = _load(folder, config.task)
    labels = config.labels or _labels(said)
    if config.task is Task.CLASSIFICATION:
        return Source(exporting.export(_Scores(network), how, ["logits"]), labels, how)
    detector = DetectionNetwork(network, how.input_height, how.input_width)
    return Source(exporting.export(detector, how, ["scores", "boxes", "feature_map"]), labels, how)


class _Scores(nn.Module):
    """The class scores of a classifier of the library."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, 3, H, W) to (N, classes)."""
        logits: torch.Tensor = self.network(pixel_values=images).logits
        return logits


def _unpack(path: Path, folder: Path) -> None:
    """Take the three files out, wherever in the zip their folder is."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {Path(info.filename).name: info for info in archive.infolist() if not info.is_dir()}
            _check_members(members)
            for name in (_CONFIG, _WEIGHTS, _PREPROCESSOR):
                info = members.get(name)
                # safetensors hardly shrink: what grows much is made to fill the disk.
                limit = _MAX_JSON if name != _WEIGHTS else 2 * path.stat().st_size + _MAX_JSON
                if info is not None and info.file_size > limit:
                    raise invalid(f"its {name} would have {info.file_size:,} bytes", _REMEDY)
                if info is not None:
                    (folder / name).write_bytes(archive.read(info))
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise invalid("it is no zip, or a truncated one", _REMEDY) from error


def _check_members(members: dict[str, zipfile.ZipInfo]) -> None:
    if _WEIGHTS not in members:
        pickles = [name for name in members if name.endswith(_PICKLES)]
        found = (
            f"its weights {pickles[0]} are a pickle, and pickles are refused" if pickles else f"{_WEIGHTS} is missing"
        )
        raise invalid(found, _REMEDY)
    if _CONFIG not in members:
        raise invalid(f"{_CONFIG} is missing", _REMEDY)


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise invalid(f"{path.name} is missing", f"{_REMEDY}, or say the preprocessing when registering it") from error
    except ValueError as error:
        raise invalid(f"{path.name} is no JSON", _REMEDY) from error
    if not isinstance(read, dict):
        raise invalid(f"{path.name} is no JSON object", _REMEDY)
    return read


def _load(folder: Path, task: Task) -> nn.Module:
    try:
        import transformers  # an extra that most installations do without
    except ImportError as error:
        raise invalid(
            "this Loupe was installed without Hugging Face's library",
            "install loupe-inference[huggingface], or register the network as ONNX",
        ) from error
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    detects = task is Task.DETECTION
    loader: Any = transformers.AutoModelForObjectDetection if detects else transformers.AutoModelForImageClassification
    try:
        network, told = loader.from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            attn_implementation="eager",
            output_loading_info=True,
        )
    except Exception as error:  # whatever a strange directory makes the library stumble over
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise invalid(f"the library cannot load it: {why}", _REMEDY) from error
    lacking = [*told["missing_keys"], *told["mismatched_keys"]]
    if lacking:
        raise invalid(f"its weights lack or change {len(lacking)} tensors, such as {lacking[0]}", _REMEDY)
    evaluated: nn.Module = network.eval().float()
    return evaluated


def _labels(said: dict[str, Any]) -> tuple[str, ...]:
    names = said.get("id2label")
    if not isinstance(names, dict) or not all(key.isdecimal() for key in names):
        return ()
    return tuple(str(names[key]).strip() for key in sorted(names, key=int))


def _preprocessing(said: dict[str, Any]) -> Preprocessing:
    """What the processor of the library does with an image's values; the whole image is scaled, never cropped."""
    size: Any = said.get("crop_size") if said.get("do_center_crop") else said.get("size")
    if isinstance(size, dict):
        edge = size.get("shortest_edge")
        size = (size.get("height", edge), size.get("width", edge))
    else:
        size = (size, size)
    factor = float(said.get("rescale_factor", 1 / 255)) if said.get("do_rescale", True) else 1.0
    normalises = said.get("do_normalize", True)
    mean = said.get("image_mean", [0.0] * 3) if normalises else [0.0] * 3
    std = said.get("image_std", [1.0] * 3) if normalises else [1.0] * 3
    try:
        height, width = (int(side) for side in size)
        red, green, blue = (float(value) / factor for value in mean)
        of_red, of_green, of_blue = (float(value) / factor for value in std)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise invalid(
            f"its {_PREPROCESSOR} says no fixed input size, mean and standard deviation",
            "say the preprocessing when registering it",
        ) from error
    return Preprocessing(width, height, (red, green, blue), (of_red, of_green, of_blue))
