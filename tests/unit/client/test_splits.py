import json
from typing import Any

import pytest
from google.api import httpbody_pb2

from loupe.project.v1 import curation_service_pb2, tag_service_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe_client import Client, Leak, Leakage, Split, SplitImage
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport
from tests.unit.client.test_curation import done

PROJECT = "projects/p"
SPLIT = f"{PROJECT}/splits/s"
IMAGE = f"{PROJECT}/images/i"
MADE = pb.Split(
    name=SPLIT,
    state=curation_service_pb2.CURATION_STATE_SUCCEEDED,
    parts=[
        pb.Split.PartCounts(part=pb.SPLIT_PART_TRAIN, image_count=8),
        pb.Split.PartCounts(part=pb.SPLIT_PART_VAL),
        pb.Split.PartCounts(part=pb.SPLIT_PART_TEST, image_count=2),
    ],
    group_count=1,
    unsearched_count=3,
    split_sha256="ab",
)


def client(**answers: list[Any]) -> tuple[Client, FakeTransport]:
    transport = FakeTransport(answers)
    return Client(transport=transport), transport


def test_create__asks_and_gives_the_split() -> None:
    loupe, transport = client(CreateSplitRequest=[done(MADE)] * 2)

    found = loupe.splits.create(PROJECT, "line:L1", stratify_by="truth", group_by="lot", seed=3).result()

    assert found == Split(SPLIT, "", "SUCCEEDED", {"train": 8, "val": 0, "test": 2}, 1, 3, "ab")
    asked = transport.asked[0].split
    assert (asked.train_fraction, asked.val_fraction, asked.test_fraction) == (0.8, 0.1, 0.1)
    assert (asked.selector.query, asked.stratify_by, asked.group_by, asked.seed) == ("line:L1", "truth", "lot", 3)

    loupe.splits.create(PROJECT, selection="projects/p/selections/x").result()
    assert not transport.asked[1].split.HasField("selector")


def test_images__follow_pages() -> None:
    row = pb.SplitImage(image=IMAGE, file_name="i.png", part=pb.SPLIT_PART_VAL, stratum="dent", reason="Drawn.")
    first = pb.ListSplitImagesResponse(split_images=[row], next_page_token="more")
    loupe, transport = client(ListSplitImagesRequest=[first, pb.ListSplitImagesResponse(split_images=[row])])

    assert [*loupe.splits.images(SPLIT)] == [SplitImage(IMAGE, "i.png", "val", "dent", "Drawn.")] * 2
    assert [one.page_token for one in transport.asked] == ["", "more"]


def test_leakage__of_all_pages() -> None:
    member = pb.LeakageGroup.Member(image=IMAGE, file_name="i.png", parts=["train"], is_exact=True)
    answers = [
        pb.FindLeakageResponse(groups=[pb.LeakageGroup(members=[member])], next_page_token=token, image_count=9)
        for token in ("more", "")
    ]
    loupe, transport = client(FindLeakageRequest=answers)

    found = loupe.splits.leakage(PROJECT, parts={"train": "tag:train", "test": "meta.split:test"})

    leak = Leak(IMAGE, "i.png", ("train",), True)
    assert found == Leakage([[leak], [leak]], 9, 0, 0)
    assert [(one.display_name, one.query) for one in transport.asked[0].parts] == [
        ("train", "tag:train"),
        ("test", "meta.split:test"),
    ]


def test_manifest() -> None:
    loupe, _ = client(DownloadSplitManifestRequest=[[httpbody_pb2.HttpBody(data=b'{"seed": 3}')]])

    assert loupe.splits.manifest(SPLIT) == {"seed": 3}


def test_command_line__split_and_tag(capsys: pytest.CaptureFixture[str]) -> None:
    row = pb.SplitImage(image=IMAGE, file_name="i.png", part=pb.SPLIT_PART_TRAIN, reason="Drawn.")
    loupe, transport = client(
        CreateSplitRequest=[done(MADE)],
        ListSplitImagesRequest=[pb.ListSplitImagesResponse(split_images=[row])],
        TagSplitRequest=[done(tag_service_pb2.ModifyImageTagsResponse(added_count=1))] * 2,
    )
    parsed = _parser().parse_args(["split", PROJECT, "--fractions", "0.8", "0", "0.2", "--tag"])

    assert parsed.run(loupe, parsed) == 0

    tagged = [one.part for one in transport.asked if isinstance(one, pb.TagSplitRequest)]
    assert tagged == [pb.SPLIT_PART_TRAIN, pb.SPLIT_PART_TEST]
    out, err = capsys.readouterr()
    assert json.loads(out)["part"] == "train"
    assert "8 train, 2 test; 1 groups stayed together" in err
    assert "does not tell of 3 images" in err


def test_command_line__leakage_is_an_alarm(capsys: pytest.CaptureFixture[str]) -> None:
    member = pb.LeakageGroup.Member(image=IMAGE, file_name="i.png", parts=["train", "test"])
    leaking = pb.FindLeakageResponse(groups=[pb.LeakageGroup(members=[member])], image_count=9, leaking_count=1)
    loupe, transport = client(FindLeakageRequest=[leaking, pb.FindLeakageResponse()])
    by_query = _parser().parse_args(["leakage", PROJECT, "--part", "train=tag:a=b", "--part", "test=tag:c"])
    by_split = _parser().parse_args(["leakage", PROJECT, "--split", SPLIT])

    assert (by_query.run(loupe, by_query), by_split.run(loupe, by_split)) == (3, 0)
    assert transport.asked[0].parts[0].query == "tag:a=b"
    assert transport.asked[1].split == SPLIT
    assert json.loads(capsys.readouterr().out)[0]["parts"] == ["train", "test"]


def test_command_line__part_without_a_query() -> None:
    loupe, _ = client()
    parsed = _parser().parse_args(["leakage", PROJECT, "--part", "train"])

    with pytest.raises(SystemExit, match="NAME=QUERY"):
        parsed.run(loupe, parsed)
