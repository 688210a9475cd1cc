import json
from pathlib import Path
from typing import Any

import pytest
from google.longrunning.operations_pb2 import Operation
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from loupe.project.v1 import evaluation_service_pb2 as evaluation
from loupe.project.v1 import image_pb2
from loupe.project.v1 import label_service_pb2 as label
from loupe.project.v1 import review_service_pb2 as review
from loupe_client import Client
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport

PROJECT = "projects/p"


def done(answer: Message) -> Operation:
    packed = Packed()
    packed.Pack(answer)
    return Operation(name=f"{PROJECT}/operations/o", done=True, response=packed)


def run(transport: Any, *arguments: str) -> int:
    parsed = _parser().parse_args(list(arguments))
    return int(parsed.run(Client(transport=transport), parsed))


def test_labels_import__sends_large_files_in_pieces_and_prints_faults(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = label.ImportLabelsResponse.Fault(file_name="l.csv", row=7, status=Status(code=5, message="no such image"))
    answer = label.ImportLabelsResponse(applied=True, image_count=2, label_count=3, refused_count=1, faults=[fault])
    transport = FakeTransport({"ImportLabelsRequest": [done(answer)]})
    path = tmp_path / "l.csv"
    path.write_bytes(b"file_name,label\n" + b"a.png,OK\n" * 200_000)

    code = run(transport, "labels", "import", PROJECT, str(path), "--key", "SHA256", "--apply-good-rows")

    asked, *rest = transport.asked
    assert code == 1
    assert asked.apply_good_rows
    assert (asked.key, asked.file_name) == (label.ImportLabelsRequest.KEY_SHA256, "l.csv")
    assert all(0 < len(one.content) <= 1 << 20 and not one.parent for one in rest)
    assert b"".join(one.content for one in transport.asked) == path.read_bytes()
    printed = capsys.readouterr()
    assert "row 7" in printed.err
    assert "3 labels of 2 images applied; 1 rows refused" in printed.out


def test_labels_set__takes_the_class_away(capsys: pytest.CaptureFixture[str]) -> None:
    answer = label.ModifyImageLabelsResponse(image_count=5, changed_count=4)
    transport = FakeTransport({"ModifyImageLabelsRequest": [done(answer)]})

    assert run(transport, "labels", "set", PROJECT, "", "--query", "line:L1") == 0

    (asked,) = transport.asked
    assert (asked.clear_class, asked.display_name, asked.selector.query) == (True, "", "line:L1")
    assert "4 images changed" in capsys.readouterr().out


def test_evaluate__rates_come_with_counts_and_nothing_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluation.Evaluation(
        image_count=10,
        verified_count=4,
        unverified_count=6,
        verdicts=evaluation.VerdictRates(overkill=evaluation.Rate(count=1, total=2, value=0.5, low=0.09, high=0.91)),
    )
    transport = FakeTransport({"EvaluateModelRequest": [found] * 2})

    assert run(transport, "evaluate", PROJECT, "--by", "line", "day", "--min-iou", "0.5") == 0
    printed = capsys.readouterr().out
    assert run(transport, "evaluate", PROJECT, "--json") == 0

    assert (transport.asked[0].group_by, transport.asked[0].min_iou) == (["line", "day"], 0.5)
    assert "overkill 50.00% (1 of 2, 9.0% to 91.0%), escape unknown (0 of 0)" in printed
    assert json.loads(capsys.readouterr().out)["unverified_count"] == 6


def test_review__enter_agrees_and_a_word_relabels(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [
        review.TakeReviewItemsResponse(
            items=[review.ReviewItem(image=image_pb2.Image(name=f"{PROJECT}/images/{n}"), prediction_etag=n)]
        )
        for n in "ab"
    ]
    transport = FakeTransport(
        {
            "TakeReviewItemsRequest": [*items, review.TakeReviewItemsResponse()],
            "GetReviewProgressRequest": [review.ReviewProgress(image_count=2, reviewed_count=n) for n in range(3)],
            "ReviewImageRequest": [review.ReviewImageResponse()] * 2,
        }
    )
    said = iter(["", "dent"])
    monkeypatch.setattr("builtins.input", lambda _: next(said))

    assert run(transport, "review", PROJECT) == 0

    agreed, relabelled = (one for one in transport.asked if isinstance(one, review.ReviewImageRequest))
    assert (agreed.action, agreed.prediction_etag) == (review.ReviewImageRequest.ACTION_AGREE, "a")
    assert [one.display_name for one in relabelled.labels] == ["dent"]
    assert "2 of 2 reviewed" in capsys.readouterr().out
