"""Where the weights lie, and whether they are the ones that were tested."""

import hashlib
import io
import os
import sys
from pathlib import Path

import safetensors.torch
import torch

from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelSpec, ModelVersion


def fetched_folder() -> Path:
    """Where weights lie that were fetched at set-up: LOUPE_INFERENCE_MODELS_DIR, by default beside the packages."""
    # Read here and not in the settings: the model host, the model server and set-up itself have only their environment.
    return Path(os.environ.get("LOUPE_INFERENCE_MODELS_DIR") or Path(sys.prefix, "share", "loupe", "models"))


def fetched(name: str, spec: ModelSpec, remedy: str) -> Path:
    """A weights file that was fetched at set-up.

    Args:
        name: Of the file.
        spec: The model that needs it.
        remedy: How the file is got.

    Raises:
        ModelNotReady: If it is not there.
    """
    path = fetched_folder() / name
    if not path.is_file():
        raise _not_ready(spec, f"{path} is not there; {remedy}")
    return path


def load(path: Path, spec: ModelSpec, version: ModelVersion) -> dict[str, torch.Tensor]:
    """The tensors of a weights file, on the CPU. No code in the file is run.

    Raises:
        ModelNotReady: If the file is not there, is not the one of the catalogue, or cannot be read.
    """
    content = verified(path, spec, version)
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load(content)
        tensors: dict[str, torch.Tensor] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        raise _not_ready(spec, f"its weights cannot be read ({error}); install them again") from error
    return tensors


def verified(path: Path, spec: ModelSpec, version: ModelVersion) -> bytes:
    """A weights file, if it is the one of the catalogue.

    Raises:
        ModelNotReady: If it is not, or is not there.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _not_ready(spec, f"its weights cannot be read ({error}); install them again") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != version.weights_sha256:
        raise _not_ready(spec, f"its weights file has sha256 {digest}, not {version.weights_sha256}; install it again")
    return content


def _not_ready(spec: ModelSpec, why: str) -> ModelNotReady:
    return ModelNotReady(f"Model {spec.id} cannot be loaded: {why}.", model=spec.id)
