from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path

import pytest
import yaml

from loupe_inference.adapters import torchserve_archive
from loupe_inference.domain import catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_torchserve import archives
from loupe_torchserve.settings import TorchServeSettings

SPEC = catalogue.builtin().get("efficientnet-lite0")
SETTINGS = TorchServeSettings(compute_threads=1)


class Exporter:
    """Makes a graph, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, spec: ModelSpec, version: ModelVersion) -> bytes:
        self.calls += 1
        return f"graph {self.calls}".encode()


def test_write__archive_says_what_it_holds(tmp_path: Path) -> None:
    archive = archives.write(tmp_path, SPEC, SPEC.active, SETTINGS, Exporter())

    with zipfile.ZipFile(archive) as file:
        manifest = json.loads(file.read("MAR-INF/MANIFEST.json"))
        config = yaml.safe_load(file.read(manifest["model"]["configFile"]))
        handler = file.read(manifest["model"]["handler"]).decode()
        assert file.read(torchserve_archive.GRAPH) == b"graph 1"
    assert (manifest["model"]["modelName"], manifest["model"]["modelVersion"]) == (SPEC.id, SPEC.active_version)
    assert manifest["loupe"]["weightsSha256"] == SPEC.active.weights_sha256
    assert config[torchserve_archive.VERSION_KEY] == SPEC.active_version
    assert (config["minWorkers"], config["maxWorkers"], config["batchSize"]) == (1, 1, SETTINGS.batch_requests)
    assert "class Handler(ImageHandler)" in handler


def test_write__only_what_changed(tmp_path: Path) -> None:
    exporter = Exporter()
    other_weights = dataclasses.replace(SPEC.active, weights_sha256="0" * 64)
    other_queue = TorchServeSettings(compute_threads=1, queued_requests=7)
    for version, settings, calls in [
        (SPEC.active, SETTINGS, 1),
        (SPEC.active, SETTINGS, 1),
        (other_weights, SETTINGS, 2),
        (other_weights, other_queue, 3),
    ]:
        archives.write(tmp_path, SPEC, version, settings, exporter)
        assert exporter.calls == calls


def test_write__damaged_archive_is_replaced(tmp_path: Path) -> None:
    (tmp_path / archives.file_name(SPEC, SPEC.active)).write_bytes(b"half an archive")

    archive = archives.write(tmp_path, SPEC, SPEC.active, SETTINGS, Exporter())

    assert zipfile.is_zipfile(archive)
    assert [path.name for path in tmp_path.iterdir()] == [archive.name]


def test_write__missing_weights_leave_nothing(tmp_path: Path) -> None:
    def export(spec: ModelSpec, version: ModelVersion) -> bytes:
        raise ModelNotReady("Its weights are not there.", model=spec.id)

    with pytest.raises(ModelNotReady):
        archives.write(tmp_path, SPEC, SPEC.active, SETTINGS, export)

    assert list(tmp_path.iterdir()) == []
