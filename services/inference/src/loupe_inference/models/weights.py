"""Where the weights lie, and whether they are the ones that were tested."""

import hashlib
from pathlib import Path

import torch

from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_kit.errors import LoupeError


def load(path: Path, spec: ModelSpec, version: ModelVersion) -> dict[str, torch.Tensor]:
    """The tensors of a weights file, on the CPU. No code in the file is run.

    Raises:
        ModelNotReady: If the file is not there, is not the one of the catalogue, or cannot be read.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest != version.weights_sha256:
            raise _not_ready(
                spec, f"its weights file has sha256 {digest}, not {version.weights_sha256}; install it again"
            )
        tensors: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except LoupeError:
        raise
    except Exception as error:
        raise _not_ready(spec, f"its weights cannot be read ({error}); install them again") from error
    return tensors


def _not_ready(spec: ModelSpec, why: str) -> ModelNotReady:
    return ModelNotReady(f"Model {spec.id} cannot be loaded: {why}.", model=spec.id)
