import json
from typing import Any

import pytest
from google.longrunning import operations_pb2
from google.protobuf import any_pb2

from loupe.project.v1 import teach_service_pb2 as pb
from loupe_client import Client, Head, HeadClass
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport

PROJECT = "projects/p"
HEAD = f"{PROJECT}/heads/h"
MADE = pb.Head(
    name=HEAD,
    head_name="solder",
    version=3,
    model="head-solder",
    state=pb.Head.STATE_SUCCEEDED,
    in_use=True,
    feature_source="models/efficientnet-lite0",
    figures=pb.Head.Figures(
        kind=pb.Head.KIND_RBF,
        accuracy=0.5,
        balanced_accuracy=0.75,
        macro_f1=0.25,
        calibration_error=0.125,
        classes=[pb.Head.Class(display_name="OK", label_count=3, recall=1, precision=0.5), pb.Head.Class()],
        confusion=[3, 0, 3, 1],
    ),
)
READ = Head(
    HEAD,
    "solder",
    3,
    "head-solder",
    "SUCCEEDED",
    in_use=True,
    is_verdict=False,
    feature_source="models/efficientnet-lite0",
    kind="RBF",
    accuracy=0.5,
    balanced_accuracy=0.75,
    macro_f1=0.25,
    calibration_error=0.125,
    classes=[HeadClass("OK", 3, 1, 0.5), HeadClass("", 0, 0, 0)],
    confusion=[[3, 0], [3, 1]],
)


def client(**answers: list[Any]) -> tuple[Client, FakeTransport]:
    transport = FakeTransport(answers)
    return Client(transport=transport), transport


def done() -> operations_pb2.Operation:
    packed = any_pb2.Any()
    packed.Pack(MADE)
    return operations_pb2.Operation(name=f"{PROJECT}/operations/o", done=True, response=packed)


def test_teach__asks_and_gives_the_head() -> None:
    loupe, transport = client(CreateHeadRequest=[done()])

    assert loupe.teaching.teach(PROJECT, "solder", "line:L1", feature_source="models/m", seed=3).result() == READ

    (asked,) = transport.asked
    assert asked.request_id
    assert (asked.parent, asked.head.head_name, asked.head.selector.query) == (PROJECT, "solder", "line:L1")
    assert (asked.head.feature_source, asked.head.seed) == ("models/m", 3)


def test_teach__all_labels() -> None:
    loupe, transport = client(CreateHeadRequest=[done()])

    loupe.teaching.teach(PROJECT, "solder")

    assert not transport.asked[0].head.HasField("selector")


def test_heads__all_pages() -> None:
    loupe, _ = client(
        ListHeadsRequest=[pb.ListHeadsResponse(heads=[MADE], next_page_token="t"), pb.ListHeadsResponse()]
    )

    assert list(loupe.teaching.heads(PROJECT)) == [READ]


def test_delete__names_the_head() -> None:
    loupe, transport = client(DeleteHeadRequest=[pb.Head()])

    loupe.teaching.delete(HEAD)

    assert transport.asked[0].name == HEAD


def test_command_line__teach_as_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    loupe, transport = client(CreateHeadRequest=[done()], UseHeadRequest=[done()])
    parsed = _parser().parse_args(["teach", PROJECT, "solder", "--verdict"])

    assert parsed.run(loupe, parsed) == 0

    assert [type(one) for one in transport.asked] == [pb.CreateHeadRequest, pb.UseHeadRequest]
    assert transport.asked[1].as_verdict
    told = capsys.readouterr()
    assert json.loads(told.out)["confusion"] == [[3, 0], [3, 1]]
    assert "model:head-solder@3" in told.err


def test_command_line__list_and_use(capsys: pytest.CaptureFixture[str]) -> None:
    loupe, transport = client(ListHeadsRequest=[pb.ListHeadsResponse(heads=[MADE])], UseHeadRequest=[done()])
    for words in (["heads", PROJECT], ["use-head", HEAD]):
        parsed = _parser().parse_args(words)
        assert parsed.run(loupe, parsed) == 0

    assert not transport.asked[1].as_verdict
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == [HEAD, HEAD]
