import json

import pytest

from loupe.project.v1 import similar_service_pb2 as pb
from loupe_client import Client, SimilarImage
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
