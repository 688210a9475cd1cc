"""Archives of the catalogue's models: one a version, written anew only when something in it changed.

An archive holds the graph that a CPU computes; on a GPU the worker makes the network from the installed weights. Both
come from the weights whose digest the catalogue knows.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import loupe_inference.models
from loupe_inference.adapters import torchserve_archive
from loupe_inference.adapters.torchserve_archive import Archived, Serving
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_torchserve.settings import TorchServeSettings

_MADE_BY = ("onnx", "torch")

Export = Callable[[ModelSpec, ModelVersion], bytes]
"""Makes the graph of a version."""


def file_name(spec: ModelSpec, version: ModelVersion) -> str:
    """Name of the archive of a version."""
    return f"{spec.id}-{version.version}.mar"


def write(folder: Path, spec: ModelSpec, version: ModelVersion, settings: TorchServeSettings, export: Export) -> Path:
    """The archive of a version in `folder`, which is written if it is not there or is not up to date.

    Args:
        folder: Of the archives.
        spec: The model.
        version: One of its versions.
        settings: Of the TorchServe that will load it.
        export: Called only if there is something to write.

    Raises:
        ModelNotReady: If the weights are missing, changed or unreadable.
    """
    archive = folder / file_name(spec, version)
    config = torchserve_archive.config(version.version, _serving(settings))
    content = _digest(spec, version, config)
    if _content_of(archive) != content:
        torchserve_archive.write(
            archive,
            Archived(spec.id, version.version, version.create_time),
            config,
            {torchserve_archive.GRAPH: export(spec, version)},
            {"content": content, "weightsSha256": version.weights_sha256, "licence": spec.licence},
        )
    return archive


def _serving(settings: TorchServeSettings) -> Serving:
    return Serving(
        settings.batch_requests, settings.queued_requests, settings.time_limit_seconds, settings.load_seconds
    )


def _digest(spec: ModelSpec, version: ModelVersion, config: str) -> str:
    """Of all that decides what is in the archive: weights, configuration, and the code that makes the graph."""
    digest = hashlib.sha256()
    made_by = (f"{name} {metadata.version(name)}" for name in _MADE_BY)
    for part in (spec.id, repr(version), config, torchserve_archive.HANDLER, *made_by):
        digest.update(part.encode() + b"\0")
    for source in sorted(Path(loupe_inference.models.__path__[0]).rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _content_of(archive: Path) -> str | None:
    """The digest that is written in an archive; None if there is no such archive, or none of ours."""
    try:
        with zipfile.ZipFile(archive) as file:
            return str(json.loads(file.read(torchserve_archive.MANIFEST))["loupe"]["content"])
    except (FileNotFoundError, KeyError, ValueError, zipfile.BadZipFile):
        return None
