"""A power cut in the middle of uploads: what was acknowledged ends analysed, once."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import loupe_client
from loupe_client import ApiError, Client, UploadedFile, UploadFile
from loupe_client.demo.server import StandaloneProcess

EMAIL, PASSWORD = "ada@plant.example", "a long enough pass phrase"
COUNT = 120


@pytest.fixture
def standalone(tmp_path: Path) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path)
    process.start()
    yield process
    process.stop()


def _files() -> Iterator[UploadFile]:
    draw = np.random.default_rng(3)
    for index in range(COUNT):
        buffer = io.BytesIO()
        Image.fromarray(draw.integers(0, 255, (64, 64), np.uint8)).save(buffer, "PNG")
        yield UploadFile(f"cell{index:03d}.png", buffer.getvalue(), metadata={"line": "L1"})


def _sign_in(process: StandaloneProcess) -> Client:
    loupe = Client(process.grpc)
    loupe.sign_in(EMAIL, PASSWORD)
    return loupe


@pytest.mark.timeout(300)
def test_kill_in_the_middle_of_an_upload__acknowledged_images_end_analysed_once(standalone: StandaloneProcess) -> None:
    with Client(standalone.grpc) as loupe:
        loupe.verify_email(loupe.sign_up(EMAIL, PASSWORD, "Ada"), standalone.mailed_code(EMAIL))
        loupe.sign_in(EMAIL, PASSWORD)
        project = loupe.create_project("Cells", "models/efficientnet-lite0").name
        acknowledged: set[str] = set()
        broke_off = False
        try:
            for answer in loupe.uploads.send(project, _files()):
                assert isinstance(answer, UploadedFile), "the upload was over before the kill"
                assert not answer.failure
                acknowledged.add(answer.image)
                if len(acknowledged) == COUNT // 3:
                    standalone.kill()
        except ApiError:
            broke_off = True
        assert broke_off

    standalone.start()
    with _sign_in(standalone) as loupe:
        images = {image.name: image for image in _wait_until_settled(loupe, project)}

        assert acknowledged <= images.keys()
        assert {images[name].state for name in acknowledged} == {"ANALYSED"}
        assert all(len(image.predictions) == 1 for image in images.values())
        assert len({image.sha256 for image in images.values()}) == len(images)
        drawn = loupe.analyses.create(project, "is:analysed", "PCA").result()
        assert drawn.point_count == len(images)


def _wait_until_settled(loupe: Client, project: str) -> list[loupe_client.Image]:
    for _ in range(600):
        if not loupe.images.count(project, "is:pending"):
            return list(loupe.images.search(project))
        time.sleep(0.2)
    raise AssertionError("images are still pending after two minutes")
