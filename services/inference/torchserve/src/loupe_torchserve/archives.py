"""Archives (.mar) of the catalogue's models: one a version, written anew only when something in it changed.

An archive holds the graph that a CPU computes; on a GPU the worker makes the network from the installed weights. Both
come from the weights whose digest the catalogue knows.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from tempfile import NamedTemporaryFile

import yaml

import loupe_inference.models
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_torchserve.settings import TorchServeSettings

GRAPH = "graph.onnx"
"""File of the graph in an archive."""
VERSION_KEY = "loupeVersion"
"""Key of the version in an archive's model-config.yaml."""

_MANIFEST = "MAR-INF/MANIFEST.json"
_CONFIG = "model-config.yaml"
_HANDLER = '''"""Worker of one of Loupe's models."""

from loupe_torchserve.handler import ImageHandler


class Handler(ImageHandler):
    """TorchServe looks for a class of this module."""
'''
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
    config = yaml.safe_dump(_config(version, settings))
    content = _digest(spec, version, config)
    if _content_of(archive) != content:
        files = {
            _MANIFEST: json.dumps(_manifest(spec, version, content)).encode(),
            _CONFIG: config.encode(),
            "handler.py": _HANDLER.encode(),
            GRAPH: export(spec, version),
        }
        _write_zip(archive, files)
    return archive


def _config(version: ModelVersion, settings: TorchServeSettings) -> dict[str, object]:
    return {
        "minWorkers": 1,
        "maxWorkers": 1,
        "batchSize": settings.batch_requests,
        # Milliseconds. While a worker computes, requests gather anyway; an idle one need not wait for more.
        "maxBatchDelay": 1,
        "jobQueueSize": settings.queued_requests,
        "responseTimeout": settings.time_limit_seconds,
        "startupTimeout": settings.load_seconds,
        VERSION_KEY: version.version,
    }


def _manifest(spec: ModelSpec, version: ModelVersion, content: str) -> dict[str, object]:
    return {
        "runtime": "python",
        "createdOn": format(version.create_time, "%d/%m/%Y %H:%M:%S"),
        "archiverVersion": "0.12.0",
        "model": {
            "modelName": spec.id,
            "modelVersion": version.version,
            "handler": "handler.py",
            "configFile": _CONFIG,
        },
        "loupe": {"content": content, "weightsSha256": version.weights_sha256, "licence": spec.licence},
    }


def _digest(spec: ModelSpec, version: ModelVersion, config: str) -> str:
    """Of all that decides what is in the archive: weights, configuration, and the code that makes the graph."""
    digest = hashlib.sha256()
    for part in (spec.id, repr(version), config, _HANDLER, *(f"{name} {metadata.version(name)}" for name in _MADE_BY)):
        digest.update(part.encode() + b"\0")
    for source in sorted(Path(loupe_inference.models.__path__[0]).rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _content_of(archive: Path) -> str | None:
    """The digest that is written in an archive; None if there is no such archive, or none of ours."""
    try:
        with zipfile.ZipFile(archive) as file:
            return str(json.loads(file.read(_MANIFEST))["loupe"]["content"])
    except (FileNotFoundError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _write_zip(archive: Path, files: Mapping[str, bytes]) -> None:
    # Whole or not at all: a start that is cut short leaves no half archive.
    with NamedTemporaryFile(dir=archive.parent, suffix=".new", delete=False) as new:
        with zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as file:
            for name, content in files.items():
                file.writestr(name, content)
        Path(new.name).replace(archive)
