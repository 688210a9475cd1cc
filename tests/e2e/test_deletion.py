"""Nothing of an image that was deleted for good is left in the data folder, byte for byte."""

import io
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loupe_client import ApiError, Client, UploadedFile, UploadFile
from loupe_client.demo.server import StandaloneProcess
from loupe_kit import ids

EMAIL, PASSWORD = "ada@plant.example", "a long enough pass phrase"
COUNT = 14
GONE = (3, 8)


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path)
    process.start()
    yield process
    process.stop()


def _file(number: int) -> UploadFile:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(number).integers(0, 255, (96, 96), np.uint8)).save(buffer, "PNG")
    return UploadFile(f"unmistakable-{number:03d}-file.png", buffer.getvalue(), metadata={"serial": _serial(number)})


def _serial(number: int) -> str:
    return f"unmistakable-serial-{number:03d}"


def _everything(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                yield path, path.read_bytes()
            except FileNotFoundError:
                continue


def _found(data: Path, needles: dict[str, bytes]) -> set[tuple[str, str]]:
    """Which of the needles lie in which files."""
    return {
        (name, str(path.relative_to(data)))
        for path, content in _everything(data)
        for name, needle in needles.items()
        if needle in content
    }


def _needles(data: Path, number: int, image: str, sha256: str) -> dict[str, bytes]:
    """What could not be there by chance: pieces of everything that is known of an image."""
    image_id = ids.parse_id(image.rpartition("/")[2]).bytes
    (features,) = data.glob("inference/features*.db")
    with sqlite3.connect(f"file:{features}?mode=ro", uri=True) as db:
        (vector,) = db.execute("SELECT vector FROM feature WHERE image = ?", (image_id,)).fetchone()
    (kept,) = [one.parent for one in data.glob("reduction/neighbours/*/ids.bin")]
    row = (kept / "ids.bin").read_bytes().index(image_id) // 16
    dimension = int((kept / "dimension").read_text())
    codes = (kept / "codes.i8").read_bytes()[row * dimension : (row + 1) * dimension]
    content = _file(number).content
    assert isinstance(content, bytes)
    return {
        "bytes": content[200:400],
        "file name": f"unmistakable-{number:03d}-file".encode(),
        "metadata": _serial(number).encode(),
        "hash": sha256.encode(),
        "feature": vector[400:464],
        "kept vector": codes[100:200],
    }


@pytest.mark.timeout(600)
def test_purge__nothing_is_left_byte_for_byte(standalone: StandaloneProcess, tmp_path: Path) -> None:
    data = standalone.data
    with Client(standalone.grpc) as loupe:
        loupe.verify_email(loupe.sign_up(EMAIL, PASSWORD, "Ada"), standalone.mailed_code(EMAIL))
        loupe.sign_in(EMAIL, PASSWORD)
        project = loupe.create_project("Cells", "models/efficientnet-lite0").name
        sent = [one for one in loupe.uploads.send(project, map(_file, range(COUNT))) if isinstance(one, UploadedFile)]
        while loupe.images.count(project, "is:pending"):
            time.sleep(0.2)
        images = {one.file_name: one for one in loupe.images.search(project)}
        gone = [images[f"unmistakable-{number:03d}-file.png"] for number in GONE]
        assert len(sent) == len(images) == COUNT
        # Everything that keeps something of images: a map, an export, neighbours, tags, runs, history.
        loupe.analyses.create(project, "", "UMAP").result()
        exported = loupe.exports.create(project, "", ["IMAGES", "CSV", "FEATURES"]).result()
        loupe.exports.download(exported.name, tmp_path / "export.zip")
        loupe.similar.find(gone[0].name)
        loupe.curation.score_outliers(project, "").result()
        known = [_needles(data, number, one.name, one.sha256) for number, one in zip(GONE, gone, strict=True)]
        for needles in known:
            assert {name for name, _ in _found(data, needles)} == needles.keys()

        deleted = loupe.trash.delete(project, gone)
        assert deleted.result() == len(GONE)
        assert loupe.trash.purge(project).result() == len(GONE)

        # Kept vectors are compared at the start and every hour; the rest follows by itself.
        standalone.stop()
    standalone.start()

    left: set[tuple[str, str]] = set()
    for _ in range(300):
        left = {one for needles in known for one in _found(data, needles)}
        if not left:
            break
        time.sleep(0.2)
    assert not left

    with Client(standalone.grpc) as loupe:
        loupe.sign_in(EMAIL, PASSWORD)
        assert loupe.images.count(project, "") == COUNT - len(GONE)
        assert len(loupe.similar.find(images["unmistakable-000-file.png"].name)) == COUNT - len(GONE) - 1
        (drawn,) = loupe.analyses.list(project)
        assert len(loupe.analyses.coordinates(drawn.name).image_ids) == COUNT
        with pytest.raises(ApiError):
            loupe.exports.download(exported.name, tmp_path / "again.zip")
