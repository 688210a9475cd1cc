from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from loupe_inference.adapters.model_files import ModelFiles
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_kit.testing.objects import InMemoryObjectStore
from tests.unit.inference.fakes import model_spec
from tests.unit.inference.registered import prepared_model, registered_version

GRAPH = b"a graph"
VERSION = registered_version(
    is_active=True, prepared=prepared_model(sha256=hashlib.sha256(GRAPH).hexdigest(), size_bytes=len(GRAPH))
)


@pytest.fixture
def objects() -> InMemoryObjectStore:
    return InMemoryObjectStore()


@pytest.fixture
def files(objects: InMemoryObjectStore, tmp_path: Path) -> ModelFiles:
    catalogue = Catalogue([model_spec("tiny")])
    catalogue.take_registered([VERSION])
    return ModelFiles(catalogue, objects, tmp_path / "models")


async def test_find__copied_once(files: ModelFiles, objects: InMemoryObjectStore, tmp_path: Path) -> None:
    await objects.put_bytes(VERSION.file_key, GRAPH)
    found = await files.find("line-3", "1")
    await objects.delete(VERSION.file_key)

    again = await files.find("line-3", "1")

    assert found is not None
    assert again == found
    assert found.path.read_bytes() == GRAPH
    assert (found.spec.labels, found.version.version) == (("good", "bad"), "1")
    assert list((tmp_path / "models").iterdir()) == [found.path]


async def test_find__model_that_comes_with_loupe(files: ModelFiles) -> None:
    assert await files.find("tiny", "1") is None


@pytest.mark.parametrize("content", [None, b"another graph"], ids=["missing", "changed"])
async def test_find__damaged(
    files: ModelFiles, objects: InMemoryObjectStore, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        await objects.put_bytes(VERSION.file_key, content)

    with pytest.raises(ModelNotReady):
        await files.find("line-3", "1")

    assert not list((tmp_path / "models").iterdir())
