"""Archives (.mar) as TorchServe loads them, each with one version of a model.

What is in them runs `loupe_torchserve.handler`, which comes with TorchServe's own installation.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

GRAPH = "graph.onnx"
"""File of the graph in an archive."""
REGISTERED = "registered.json"
"""File of what is known of a registered version; those that come with Loupe have none."""
VERSION_KEY = "loupeVersion"
"""Key of the version in an archive's model-config.yaml."""
MANIFEST = "MAR-INF/MANIFEST.json"
"""What TorchServe reads first."""
HANDLER = '''"""Worker of one of Loupe's models."""

from loupe_torchserve.handler import ImageHandler


class Handler(ImageHandler):
    """TorchServe looks for a class of this module."""
'''
"""The module that TorchServe starts in a worker."""

_CONFIG = "model-config.yaml"


@dataclass(frozen=True, slots=True)
class Serving:
    """How TorchServe runs a version."""

    batch_requests: int = 8
    """Requests that a worker computes together, each of one image or several."""
    queued_requests: int = 256
    """Requests that wait for one model; more are refused for a moment."""
    time_limit_seconds: int = 120
    """A worker that takes longer over a batch is replaced."""
    load_seconds: int = 300
    """How long a worker may take to load its model."""


@dataclass(frozen=True, slots=True)
class Archived:
    """Whose archive it is."""

    model: str
    version: str
    create_time: datetime


def config(version: str, serving: Serving) -> str:
    """The text of an archive's configuration: JSON, which YAML takes as well."""
    options = {
        "minWorkers": 1,
        "maxWorkers": 1,
        "batchSize": serving.batch_requests,
        # Milliseconds. While a worker computes, requests gather anyway; an idle one need not wait for more.
        "maxBatchDelay": 1,
        "jobQueueSize": serving.queued_requests,
        "responseTimeout": serving.time_limit_seconds,
        "startupTimeout": serving.load_seconds,
        VERSION_KEY: version,
    }
    return json.dumps(options, indent=1)


def write(path: Path, whose: Archived, config_text: str, files: Mapping[str, bytes], notes: Mapping[str, str]) -> None:
    """Write an archive, whole or not at all.

    Args:
        path: Of the archive.
        whose: The version.
        config_text: See `config`.
        files: What the handler needs, by name.
        notes: Kept in the manifest for whoever looks.
    """
    manifest = {
        "runtime": "python",
        "createdOn": format(whose.create_time, "%d/%m/%Y %H:%M:%S"),
        "archiverVersion": "0.12.0",
        "model": {
            "modelName": whose.model,
            "modelVersion": whose.version,
            "handler": "handler.py",
            "configFile": _CONFIG,
        },
        "loupe": dict(notes),
    }
    own = {MANIFEST: json.dumps(manifest).encode(), _CONFIG: config_text.encode(), "handler.py": HANDLER.encode()}
    with NamedTemporaryFile(dir=path.parent, suffix=".new", delete=False) as new:
        with zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as file:
            for name, content in {**own, **files}.items():
                file.writestr(name, content)
        Path(new.name).replace(path)
