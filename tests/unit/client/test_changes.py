"""Changing many images, undoing and histories, by the client and at the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status

from loupe.project.v1 import history_service_pb2, operation_service_pb2, tag_service_pb2
from loupe.project.v1 import metadata_service_pb2 as pb
from loupe_client import HistoryLine, MetadataKey, Undone
from tests.unit.client.test_curation import client
from tests.unit.client.test_trash import DELETION as OPERATION
from tests.unit.client.test_trash import PROJECT, operation, run

TAGS = [
    tag_service_pb2.ListTagsResponse(
        tags=[tag_service_pb2.Tag(name=f"{PROJECT}/tags/{text}", display_name=text) for text in ("scratch", "Kratzer")]
    )
]


def test_tag__add(capsys: pytest.CaptureFixture[str]) -> None:
    answer = operation(tag_service_pb2.ModifyImageTagsResponse(image_count=3))
    loupe, transport = client(ModifyImageTagsRequest=[answer])

    assert run(loupe, "tag", "add", PROJECT, "train", "new", "--query", "label:ok") == 0

    (asked,) = transport.asked
    assert (list(asked.add), list(asked.remove), asked.selector.query) == (["train", "new"], [], "label:ok")
    assert capsys.readouterr().out == f"3 images; take it back with: loupe undo {OPERATION}\n"


def test_tag__merge_and_rename() -> None:
    renamed = tag_service_pb2.Tag(name=f"{PROJECT}/tags/scratch", display_name="dent")
    merged = operation(tag_service_pb2.MergeTagsResponse(image_count=3))
    loupe, transport = client(ListTagsRequest=TAGS * 2, MergeTagsRequest=[merged], UpdateTagRequest=[renamed])

    assert run(loupe, "tag", "merge", PROJECT, "Scratch", "kratzer") == 0
    assert run(loupe, "tag", "rename", PROJECT, "scratch", "dent") == 0

    _, merge, _, rename = transport.asked
    assert (merge.name, list(merge.sources)) == (f"{PROJECT}/tags/scratch", [f"{PROJECT}/tags/Kratzer"])
    assert (rename.tag.display_name, list(rename.update_mask.paths)) == ("dent", ["display_name"])


def test_tag__of_no_such_text() -> None:
    loupe, _ = client(ListTagsRequest=TAGS)

    with pytest.raises(SystemExit, match="there is no tag 'dent'"):
        run(loupe, "tag", "merge", PROJECT, "scratch", "dent")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["t=20.5", "lot=17", "serial=007", "ok=True", "line=L3", "empty="],
         {"t": 20.5, "lot": 17.0, "serial": "007", "ok": True, "line": "L3", "empty": ""}),
        (["lot=17", "--type", "text"], {"lot": "17"}),
        (["lot=017", "--type", "number"], {"lot": 17.0}),
    ],
)  # fmt: skip
def test_metadata__set(arguments: list[str], expected: dict[str, object]) -> None:
    loupe, transport = client(ModifyImageMetadataRequest=[operation(pb.ModifyImageMetadataResponse(image_count=1))])

    assert run(loupe, "metadata", "set", PROJECT, *arguments, "--query", "") == 0

    (asked,) = transport.asked
    assert dict(asked.set.items()) == expected


@pytest.mark.parametrize("arguments", [["line"], ["=1"], ["a=x", "--type", "number"], ["a=1", "--type", "truth"]])
def test_metadata__set_what_cannot_be(arguments: list[str]) -> None:
    loupe, transport = client()

    with pytest.raises(SystemExit, match="loupe: "):
        run(loupe, "metadata", "set", PROJECT, *arguments, "--query", "")

    assert transport.asked == []


def test_metadata__rename_and_unset() -> None:
    answers: list[Any] = [operation(pb.ModifyImageMetadataResponse()) for _ in range(2)]
    loupe, transport = client(ModifyImageMetadataRequest=answers)

    assert run(loupe, "metadata", "set", PROJECT, "old=new", "--rename", "--query", "") == 0
    assert run(loupe, "metadata", "unset", PROJECT, "a", "b", "--query", "is:failed") == 0

    rename, unset = transport.asked
    assert (dict(rename.rename), list(unset.remove)) == ({"old": "new"}, ["a", "b"])


def test_metadata__import_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "late.csv"
    table.write_text("file_name,lot\nx.png,1\n", encoding="utf-8")
    fault = pb.ImportMetadataResponse.Fault(row=1, status=Status(message="Row 1: no such image."))
    answer = pb.ImportMetadataResponse(row_count=1, refused_count=1, faults=[fault])
    loupe, transport = client(ImportMetadataRequest=[operation(answer)])

    assert run(loupe, "metadata", "import", PROJECT, str(table), "--key", "SHA256", "--check") == 1

    (asked,) = transport.asked
    assert (asked.content, asked.file_name, asked.validate_only) == (table.read_bytes(), "late.csv", True)
    assert asked.key == pb.ImportMetadataRequest.KEY_SHA256
    shown = capsys.readouterr()
    assert shown.err == "Row 1: no such image.\n"
    assert shown.out == "1 rows, 1 refused; 0 of 0 images changed, nothing is applied\n"


def test_metadata__large_tables_are_sent_in_pieces(tmp_path: Path) -> None:
    table = tmp_path / "late.csv"
    table.write_text("file_name,lot\n" + "a.png,1\n" * 200_000, encoding="utf-8")
    loupe, transport = client(ImportMetadataRequest=[operation(pb.ImportMetadataResponse(applied=True))])

    assert run(loupe, "metadata", "import", PROJECT, str(table)) == 0

    asked, *rest = transport.asked
    assert (asked.parent, asked.file_name) == (PROJECT, "late.csv")
    assert len(rest) == 3
    assert b"".join(one.content for one in transport.asked) == table.read_bytes()


def test_metadata__keys_of_all_pages() -> None:
    one = pb.MetadataKey(key="t", types=[pb.MetadataKey.TYPE_NUMBER, pb.MetadataKey.TYPE_TEXT], image_count=3)
    pages = [pb.ListMetadataKeysResponse(keys=[one], next_page_token="more"), pb.ListMetadataKeysResponse(keys=[one])]
    loupe, transport = client(ListMetadataKeysRequest=pages)

    assert list(loupe.changes.metadata_keys(PROJECT, "t")) == [MetadataKey("t", ("NUMBER", "TEXT"), 3)] * 2
    assert [each.page_token for each in transport.asked] == ["", "more"]


def test_undo() -> None:
    answer = operation_service_pb2.UndoOperationResponse(image_count=3, reverted_count=4, kept_count=1)
    loupe, transport = client(UndoOperationRequest=[operation(answer)])

    assert loupe.changes.undo(OPERATION).result() == Undone(3, 4, 1)
    assert transport.asked[0].name == OPERATION


def test_history(capsys: pytest.CaptureFixture[str]) -> None:
    kind = history_service_pb2.HistoryLine
    line = kind(fact=kind.FACT_METADATA, subject="line", creator="users/ada", kind="UPDATE_IMAGE")
    line.create_time.FromJsonString("2026-11-22T09:30:00Z")
    line.new_value.string_value = "L2"
    pages = [history_service_pb2.ListImageHistoryResponse(lines=[line])]
    loupe, _ = client(ListImageHistoryRequest=pages * 2)

    (found,) = loupe.changes.history(f"{PROJECT}/images/i")
    assert isinstance(found, HistoryLine)
    assert (found.fact, found.subject, found.old, found.new) == ("METADATA", "line", None, "L2")
    assert run(loupe, "history", f"{PROJECT}/images/i") == 0
    assert json.loads(capsys.readouterr().out)["time"] == "2026-11-22T09:30:00+00:00"
