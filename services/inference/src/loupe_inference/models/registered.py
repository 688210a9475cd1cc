"""Loads files of registered versions."""

import hashlib

from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.models import registry
from loupe_inference.models.analyser import Analyser
from loupe_inference.models.bring.job import ModelFile


def load(file: ModelFile, max_pixels: int, gpu: int | None = None) -> Analyser:
    """A registered version, ready to analyse.

    Args:
        file: Its graph, and what the catalogue knows of it.
        max_pixels: Images with more are refused.
        gpu: Number of the GPU to compute on, see `OnnxNetwork`.

    Raises:
        ModelNotReady: If the file is missing, changed or unreadable.
    """
    try:
        graph = file.path.read_bytes()
    except OSError as error:
        raise _not_ready(file, f"cannot be read: {error.strerror}") from error
    if hashlib.sha256(graph).hexdigest() != file.version.weights_sha256:
        raise _not_ready(file, "is not the one that was registered")
    return registry.load_graph(file.spec, file.version, graph, max_pixels, gpu)


def _not_ready(file: ModelFile, why: str) -> ModelNotReady:
    return ModelNotReady(
        f"The file of version {file.version.version} of model {file.spec.id} {why}; register it again.",
        model=file.spec.id,
    )
