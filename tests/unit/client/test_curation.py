import json
from typing import Any

import pytest
from google.api import httpbody_pb2
from google.longrunning import operations_pb2
from google.protobuf import any_pb2
from google.protobuf.message import Message

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import tag_service_pb2
from loupe_client import Client, CurationRun, Duplicate, DuplicateGroup, Outlier, Pick, Selection
from loupe_client.cli import curation as cli
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport

PROJECT = "projects/p"
SELECTION = f"{PROJECT}/selections/s"
RUN = f"{PROJECT}/curationRuns/r"


def client(**answers: list[Any]) -> tuple[Client, FakeTransport]:
    transport = FakeTransport(answers)
    return Client(transport=transport), transport


def done(message: Message) -> operations_pb2.Operation:
    packed = any_pb2.Any()
    packed.Pack(message)
    return operations_pb2.Operation(name=f"{PROJECT}/operations/o", done=True, response=packed)


def test_select__asks_and_gives_the_selection() -> None:
    made = pb.Selection(
        name=SELECTION,
        strategy=pb.Selection.STRATEGY_COVERAGE,
        state=pb.CURATION_STATE_SUCCEEDED,
        count=5,
        pick_count=4,
        candidate_count=9,
        coverage=0.5,
    )
    loupe, transport = client(CreateSelectionRequest=[done(made)])

    found = loupe.curation.select(PROJECT, "line:L1", 5, strategy="COVERAGE", balance_by="line", seed=3).result()

    assert found == Selection(SELECTION, "", "SUCCEEDED", "COVERAGE", 5, 4, 9, 0.5)
    (asked,) = transport.asked
    assert asked.request_id
    assert (asked.selection.selector.query, asked.selection.count, asked.selection.seed) == ("line:L1", 5, 3)
    assert asked.selection.strategy == pb.Selection.STRATEGY_COVERAGE


def test_select__decides_by_itself() -> None:
    loupe, transport = client(CreateSelectionRequest=[done(pb.Selection(name=SELECTION))])

    assert loupe.curation.select(PROJECT, "", 5).result().strategy == "AUTO"
    assert transport.asked[0].selection.strategy == pb.Selection.STRATEGY_UNSPECIFIED


def test_picks__page_by_page() -> None:
    page = pb.ListPicksResponse
    pick = pb.Pick(image=f"{PROJECT}/images/a", file_name="a.png", rank=1, represented_count=3, reason="Is near.")
    loupe, transport = client(ListPicksRequest=[page(picks=[pick], next_page_token="more"), page(picks=[pick])])

    found = list(loupe.curation.picks(SELECTION))

    assert found == [Pick(f"{PROJECT}/images/a", "a.png", 1, 3, 0.0, "Is near.")] * 2
    assert [asked.page_token for asked in transport.asked] == ["", "more"]


def test_tag__how_many_were_tagged() -> None:
    loupe, _ = client(TagSelectionRequest=[done(tag_service_pb2.ModifyImageTagsResponse(added_count=7))])

    assert loupe.curation.tag(SELECTION, "train").result() == 7


def test_manifest__put_together() -> None:
    text = json.dumps({"seed": 3}).encode()
    chunks = [httpbody_pb2.HttpBody(data=text[:4]), httpbody_pb2.HttpBody(data=text[4:])]
    loupe, _ = client(DownloadManifestRequest=[chunks])

    assert loupe.curation.manifest(SELECTION) == {"seed": 3}


def test_outliers__against_a_reference() -> None:
    made = pb.CurationRun(name=RUN, kind=pb.CurationRun.KIND_OUTLIERS, state=pb.CURATION_STATE_SUCCEEDED, image_count=9)
    outlier = pb.Outlier(image=f"{PROJECT}/images/a", file_name="a.png", score=0.9, mean_distance=0.5, reason="Far.")
    loupe, transport = client(
        CreateCurationRunRequest=[done(made)], ListOutliersRequest=[pb.ListOutliersResponse(outliers=[outlier])]
    )

    run = loupe.curation.score_outliers(PROJECT, "", reference="tag:golden").result()

    assert run == CurationRun(RUN, "OUTLIERS", "SUCCEEDED", 9, 0, 0)
    assert transport.asked[0].curation_run.reference.query == "tag:golden"
    assert list(loupe.curation.outliers(RUN)) == [Outlier(f"{PROJECT}/images/a", "a.png", 0.9, 0.5, "Far.")]


def test_duplicates__groups() -> None:
    member = pb.DuplicateGroup.Member(image=f"{PROJECT}/images/b", file_name="b.png", is_exact=True)
    group = pb.DuplicateGroup(keeper=f"{PROJECT}/images/a", keeper_file_name="a.png", members=[member], member_count=1)
    loupe, _ = client(
        CreateCurationRunRequest=[
            done(pb.CurationRun(name=RUN, kind=pb.CurationRun.KIND_DUPLICATES, state=pb.CURATION_STATE_SUCCEEDED))
        ],
        ListDuplicateGroupsRequest=[pb.ListDuplicateGroupsResponse(duplicate_groups=[group])],
    )

    assert loupe.curation.find_duplicates(PROJECT, "").result().kind == "DUPLICATES"
    member_found = Duplicate(f"{PROJECT}/images/b", "b.png", is_exact=True, pixel_difference=0.0)
    assert list(loupe.curation.duplicates(RUN)) == [DuplicateGroup(f"{PROJECT}/images/a", "a.png", [member_found], 1)]


def test_lists_and_deletions() -> None:
    loupe, transport = client(
        ListSelectionsRequest=[pb.ListSelectionsResponse(selections=[pb.Selection(name=SELECTION)])],
        ListCurationRunsRequest=[pb.ListCurationRunsResponse(curation_runs=[pb.CurationRun(name=RUN)])],
        DeleteSelectionRequest=[None],
        DeleteCurationRunRequest=[None],
    )

    assert [one.name for one in loupe.curation.selections(PROJECT)] == [SELECTION]
    assert [one.name for one in loupe.curation.runs(PROJECT)] == [RUN]
    loupe.curation.delete_selection(SELECTION)
    loupe.curation.delete_run(RUN)
    assert [one.name for one in transport.asked[2:]] == [SELECTION, RUN]


def test_cli_select__prints_and_tags(capsys: pytest.CaptureFixture[str]) -> None:
    pick = pb.Pick(image=f"{PROJECT}/images/a", file_name="a.png", rank=1, reason="Is near.")
    loupe, transport = client(
        CreateSelectionRequest=[
            done(pb.Selection(name=SELECTION, pick_count=1, candidate_count=9, strategy=pb.Selection.STRATEGY_CLUSTERS))
        ],
        ListPicksRequest=[pb.ListPicksResponse(picks=[pick])],
        TagSelectionRequest=[done(tag_service_pb2.ModifyImageTagsResponse(added_count=1))],
    )
    parsed = _parser().parse_args(["select", PROJECT, "5", "--query", "line:L1", "--tag", "train"])

    assert parsed.run(loupe, parsed) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "image": f"{PROJECT}/images/a",
        "file_name": "a.png",
        "rank": 1,
        "reason": "Is near.",
    }
    assert said.err == f"{SELECTION}: 1 of 9 images by CLUSTERS\n"
    assert transport.asked[-1].tag == "train"


@pytest.mark.parametrize("command", ["outliers", "duplicates"])
def test_cli__searches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    outliers = [pb.Outlier(image=f"{PROJECT}/images/{number}", score=0.5) for number in range(3)]
    group = pb.DuplicateGroup(keeper=f"{PROJECT}/images/a", members=[pb.DuplicateGroup.Member()])
    loupe, _ = client(
        CreateCurationRunRequest=[done(pb.CurationRun(name=RUN))],
        ListOutliersRequest=[pb.ListOutliersResponse(outliers=outliers)],
        ListDuplicateGroupsRequest=[pb.ListDuplicateGroupsResponse(duplicate_groups=[group])],
    )
    more = ["--limit", "2"] if command == "outliers" else []
    parsed = _parser().parse_args([command, PROJECT, *more])

    assert parsed.run(loupe, parsed) == 0
    assert len(capsys.readouterr().out.splitlines()) == (2 if command == "outliers" else 1)


def test_cli__interrupted_work_is_cancelled() -> None:
    class Interrupted:
        was_cancelled = False

        def result(self) -> None:
            raise KeyboardInterrupt

        def cancel(self) -> None:
            self.was_cancelled = True

    asked: Any = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        cli._watched(asked)

    assert asked.was_cancelled
