import json
import struct

import pytest
from google.longrunning.operations_pb2 import Operation
from google.protobuf.any_pb2 import Any
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import analysis_service_pb2 as pb
from loupe.project.v1 import image_pb2
from loupe_client import Client
from loupe_client._results import _coordinates
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport

MAP = "projects/p/analyses/a"


def _placing() -> Operation:
    analysis = pb.Analysis(name=MAP, method=pb.Analysis.METHOD_PACMAP, placed_count=3, kept_current=True)
    packed = Any()
    packed.Pack(pb.PlaceImagesResponse(analysis=analysis, placed_count=3, present_count=2, skipped_count=1))
    return Operation(name="projects/p/operations/o", done=True, response=packed)


def _run(transport: FakeTransport, *arguments: str) -> int:
    loupe = Client(transport=transport)
    parsed = _parser().parse_args(list(arguments))
    return int(parsed.run(loupe, parsed))


def test_command_line__place(capsys: pytest.CaptureFixture[str]) -> None:
    transport = FakeTransport({"PlaceImagesRequest": [_placing()]})

    assert _run(transport, "place", MAP, "line:L3") == 0

    (asked,) = transport.asked
    assert asked.name == MAP
    assert asked.selector == image_pb2.ImageSelector(query="line:L3")
    told = json.loads(capsys.readouterr().out)
    assert (told["placed_count"], told["present_count"], told["skipped_count"]) == (3, 2, 1)
    assert told["analysis"]["kept_current"]


def test_command_line__place_what_the_map_itself_finds() -> None:
    transport = FakeTransport({"PlaceImagesRequest": [_placing()]})

    _run(transport, "place", MAP)

    assert not transport.asked[0].HasField("selector")


def test_command_line__keep_current_no_longer(capsys: pytest.CaptureFixture[str]) -> None:
    transport = FakeTransport({"UpdateAnalysisRequest": [pb.Analysis(name=MAP, method=pb.Analysis.METHOD_UMAP)]})

    assert _run(transport, "place", MAP, "--stop") == 0

    (asked,) = transport.asked
    assert asked.update_mask == FieldMask(paths=["kept_current"])
    assert not asked.analysis.kept_current
    assert not json.loads(capsys.readouterr().out)["kept_current"]


def test_coordinates__say_how_many_were_placed_later() -> None:
    table = struct.pack("<4sIII", b"LPC1", 2, 2, 1) + bytes(32) + struct.pack("<4f", 1, 2, 3, 4)

    read = _coordinates(table)

    assert read.placed_count == 1
    assert [list(column) for column in read.columns] == [[1, 2], [3, 4]]
