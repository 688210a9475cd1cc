import json
from pathlib import Path

import pytest

from loupe.inference.v1 import prediction_pb2
from loupe.project.v1 import similar_service_pb2 as pb
from loupe_client import Client, InvalidRequest, SimilarImage
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport

IMAGE = "projects/p/images/i"


def test_command_line__similar(capsys: pytest.CaptureFixture[str]) -> None:
    near = pb.SimilarImage(image="projects/p/images/j", file_name="j.png", similarity=0.5)
    transport = FakeTransport({"FindSimilarImagesRequest": [pb.FindSimilarImagesResponse(similar_images=[near])] * 2})
    loupe = Client(transport=transport)
    parsed = _parser().parse_args(["similar", IMAGE, "--count", "3", "--query", "line:L1", "--features", "models/m"])

    assert parsed.run(loupe, parsed) == 0
    assert loupe.similar.find(IMAGE) == [SimilarImage("projects/p/images/j", "j.png", 0.5)]

    first, second = transport.asked
    assert (first.image, first.count, first.query, first.feature_source) == (IMAGE, 3, "line:L1", "models/m")
    assert (second.count, second.query) == (20, "")
    assert json.loads(capsys.readouterr().out)["file_name"] == "j.png"


def test_command_line__similar_to_a_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    near = pb.SimilarImage(image="projects/p/images/j", file_name="j.png", similarity=0.5)
    transport = FakeTransport({"FindSimilarToPictureRequest": [pb.FindSimilarImagesResponse(similar_images=[near])]})
    loupe = Client(transport=transport)
    picture = tmp_path / "part.png"
    picture.write_bytes(b"a picture")
    parsed = _parser().parse_args(["similar", "projects/p", "--file", str(picture)])

    assert parsed.run(loupe, parsed) == 0

    (asked,) = transport.asked
    assert (asked.parent, asked.picture, asked.count) == ("projects/p", b"a picture", 20)
    assert json.loads(capsys.readouterr().out)["similarity"] == 0.5


def test_find_like_picture__too_large() -> None:
    loupe = Client(transport=FakeTransport({}))

    with pytest.raises(InvalidRequest, match="12,582,913 bytes"):
        loupe.similar.find_like_picture("projects/p", bytes((12 << 20) + 1))


def test_command_line__similar_objects(capsys: pytest.CaptureFixture[str]) -> None:
    box = prediction_pb2.Box(label="dent", confidence=0.5, x=1, y=2, width=3, height=4)
    near = pb.SimilarObject(image="projects/p/images/j", file_name="j.png", object=7, box=box, similarity=0.25)
    transport = FakeTransport({"FindSimilarObjectsRequest": [pb.FindSimilarObjectsResponse(similar_objects=[near])]})
    loupe = Client(transport=transport)
    parsed = _parser().parse_args(["similar", IMAGE, "--object", "2"])

    assert parsed.run(loupe, parsed) == 0

    (asked,) = transport.asked
    assert (asked.image, asked.object) == (IMAGE, 2)
    line = json.loads(capsys.readouterr().out)
    assert (line["object"], line["box"]["label"], line["box"]["height"]) == (7, "dent", 4)
