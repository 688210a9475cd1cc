"""What runs in a worker of TorchServe: requests in, each with one image or several, replies out.

Nothing is raised for a bad image: its fault is in the reply, and the others of its batch go on. What the network itself
raises goes to TorchServe, which fails the whole batch; the caller then finds out which image it was.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import torch

from loupe_inference.adapters import torchserve_wire
from loupe_inference.adapters.torchserve_archive import GRAPH, REGISTERED, VERSION_KEY
from loupe_inference.domain import catalogue
from loupe_inference.domain.registered import from_manifest, spec_of
from loupe_inference.models import host, registered, registry
from loupe_inference.models.analyser import Analyser
from loupe_inference.models.bring.job import ModelFile
from loupe_torchserve.settings import TorchServeSettings


class Context(Protocol):
    """What TorchServe tells a worker."""

    model_name: str
    model_yaml_config: Mapping[str, str]
    """The archive's model-config.yaml."""
    system_properties: Mapping[str, object]
    """`model_dir`: where the archive was unpacked; `gpu_id`: the worker's GPU, None without one."""


class ImageHandler:
    """Answers requests with the version that its archive holds."""

    def initialize(self, context: Context) -> None:
        """Load the version.

        Raises:
            ModelNotReady: If its weights are missing, changed or unreadable.
        """
        settings = TorchServeSettings()
        os.nice(settings.nice)
        torch.set_num_threads(1)
        folder = Path(str(context.system_properties["model_dir"]))
        if (folder / REGISTERED).exists():
            self._analyser = _registered(folder, context, settings.max_image_pixels)
        else:
            self._analyser = _builtin(folder, context, settings.max_image_pixels)
        self._threads = settings.compute_threads

    def handle(self, requests: Sequence[Mapping[str, bytes]], _context: Context) -> list[bytes]:
        """One reply for each request, see `torchserve_wire`."""
        sources = [torchserve_wire.read_request(request) for request in requests]
        together = [source for some in sources for source in some]
        outcomes = iter(host.spread(self._analyser, together, self._threads))
        return [torchserve_wire.write_reply([next(outcomes) for _ in some]) for some in sources]


def _builtin(folder: Path, context: Context, max_pixels: int) -> Analyser:
    spec, version = catalogue.builtin().resolve(context.model_name, context.model_yaml_config[VERSION_KEY])
    gpu = _gpu(context)
    if gpu is None:
        return registry.load_graph(spec, version, (folder / GRAPH).read_bytes(), max_pixels)
    return registry.load(spec, version, torch.device(f"cuda:{gpu}"), max_pixels)


def _registered(folder: Path, context: Context, max_pixels: int) -> Analyser:
    version = from_manifest(json.loads((folder / REGISTERED).read_bytes()), is_active=True)
    file = ModelFile(spec_of([version], version), version.catalogued(), folder / GRAPH)
    return registered.load(file, max_pixels, _gpu(context))


def _gpu(context: Context) -> int | None:
    """Number of the GPU that TorchServe gives this worker, None without one."""
    gpu = context.system_properties.get("gpu_id")
    return None if gpu is None else int(str(gpu))
