"""Selections of CurationService through a real server, with a fake reduction service behind it."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import image_pb2, operation_service_pb2
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_kit.errors import Unavailable
from loupe_kit.testing import make_user
from loupe_project.domain.operation import OperationKind
from tests.integration.project.results.curating import (
    call,
    chosen,
    delete,
    failed,
    label,
    matching,
    picks,
    refused,
    select,
    selection_request,
)
from tests.integration.project.results.harness import Bench, narrow


async def test_create_selection__picks_with_reasons_best_first(bench: Bench) -> None:
    made = await select(bench, strategy=pb.Selection.STRATEGY_COVERAGE, seed=7)
    (first, *_) = (await call(bench, "ListPicks", pb.ListPicksRequest(parent=made.name))).picks

    assert made.state == pb.CURATION_STATE_SUCCEEDED
    assert (made.pick_count, made.candidate_count, made.skipped_count, made.coverage) == (5, 19, 1, 0.75)
    assert (made.display_name, made.feature_version) == ("5 images by coverage", "1")
    assert await picks(bench, made.name) == bench.image_ids[:5]
    assert (first.rank, first.represented_count, first.reason) == (1, 3, "Is number 1.")
    assert first.file_name == "line/cell-0.png"
    assert bench.curation.asked[-1].input.seed == 7
    assert not bench.curation.columns
    assert made == await call(bench, "GetSelection", pb.GetSelectionRequest(name=made.name))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"query": "line:L0 hot"}, "TOO_FEW_IMAGES"),
        ({"feature_source": "featureSets/mine"}, "FEATURES_MISSING"),
        ({"feature_source": "mine"}, "INVALID_ARGUMENT"),
        ({"count": 0}, "INVALID_ARGUMENT"),
        ({"count": 19}, "COUNT_OUT_OF_RANGE"),
        ({"seed": -1}, "INVALID_ARGUMENT"),
        ({"balance_by": "conf"}, "INVALID_ARGUMENT"),
        ({"display_name": "x" * 101}, "INVALID_ARGUMENT"),
        ({"strategy": 9}, "INVALID_ARGUMENT"),
        ({"query": "label:"}, "QUERY_INVALID"),
        ({"selector": chosen(*(ids.new_id() for _ in range(10)))}, "IMAGE_NOT_FOUND"),
        ({"selector": None}, "INVALID_ARGUMENT"),
    ],
)
async def test_create_selection__refused_before_any_work(bench: Bench, more: dict[str, Any], expected: str) -> None:
    if "query" in more:
        more = more | {"selector": image_pb2.ImageSelector(query=more.pop("query"))}

    assert await refused(bench, "CreateSelection", selection_request(bench, **more)) == expected
    assert not bench.curation.asked


async def test_create_selection__labels_decide_the_strategy(bench: Bench) -> None:
    of_one_class = await select(bench)
    one_class = await call(bench, "CreateSelection", selection_request(bench, strategy=3))
    reason = await failed(bench, one_class.name)
    await label(bench, bench.image_ids[:6:2], "dent")
    learnt = await select(bench)

    assert of_one_class.strategy == pb.Selection.STRATEGY_CLUSTERS
    assert reason == "TOO_FEW_LABELS"
    assert learnt.strategy == pb.Selection.STRATEGY_UNCERTAINTY
    classes = np.frombuffer(bench.curation.columns["classes"], "<u4").tolist()
    unknown = 0xFFFFFFFF
    assert classes == [0, 1, 0, 1, 0, 1, *[unknown, 1] * 7]


@pytest.mark.parametrize(("field", "groups"), [("line", [0, 1, 2]), ("tag", [0, 1, 1]), ("meta.none", [0, 0, 0])])
async def test_create_selection__balanced(bench: Bench, field: str, groups: list[int]) -> None:
    await select(bench, balance_by=field)

    assert np.frombuffer(bench.curation.columns["groups"], "<u4")[:3].tolist() == groups


async def test_create_selection__repeat_gives_the_first_answer(bench: Bench) -> None:
    request = selection_request(bench)
    request.request_id = ids.new_id()
    first = await call(bench, "CreateSelection", request)
    await bench.wait(first.name)

    assert (await call(bench, "CreateSelection", request)).name == first.name
    assert len(bench.curation.asked) == 1


async def test_create_selection__cancelled(bench: Bench) -> None:
    bench.curation.goes_on.clear()
    asked = await call(bench, "CreateSelection", selection_request(bench))
    await bench.curation.has_begun.wait()
    await bench.stub("Operation").CancelOperation(
        operation_service_pb2.CancelOperationRequest(name=asked.name), metadata=bench.who
    )
    reason = await failed(bench, asked.name)
    (listed,) = (await call(bench, "ListSelections", pb.ListSelectionsRequest(parent=bench.project))).selections

    assert reason == "OPERATION_CANCELLED"
    assert listed.state == pb.CURATION_STATE_CANCELLED
    await asyncio.wait_for(bench.curation.was_cancelled.wait(), 30)
    assert await refused(bench, "ListPicks", pb.ListPicksRequest(parent=listed.name)) == "SELECTION_NOT_READY"


async def test_create_selection__images_deleted_meanwhile_are_no_picks(bench: Bench) -> None:
    bench.curation.goes_on.clear()
    asked = await call(bench, "CreateSelection", selection_request(bench))
    await bench.curation.has_begun.wait()
    await delete(bench, *bench.image_ids[1:3])
    bench.curation.goes_on.set()
    done, _ = await bench.wait(asked.name)
    made = pb.Selection()
    assert done.response.Unpack(made), done

    assert made.pick_count == 3
    assert await picks(bench, made.name) == [bench.image_ids[0], *bench.image_ids[3:5]]
    await delete(bench, bench.image_ids[0])
    assert await picks(bench, made.name) == bench.image_ids[3:5]


async def test_create_selection__what_reduction_refuses_is_told(bench: Bench) -> None:
    handler = bench.handlers[OperationKind.CREATE_SELECTION]
    object.__setattr__(handler, "retries", [timedelta(0)])
    bench.curation.refusal = Unavailable("The reduction service starts up.")
    asked = await call(bench, "CreateSelection", selection_request(bench))
    reason = await failed(bench, asked.name)
    (listed,) = (await call(bench, "ListSelections", pb.ListSelectionsRequest(parent=bench.project))).selections

    assert reason == "UNAVAILABLE"
    assert listed.state == pb.CURATION_STATE_FAILED
    assert "did not answer 2 times" in listed.failure.message
    assert len(bench.curation.asked) == 2


async def test_tag_selection__queries_find_the_picks(bench: Bench) -> None:
    made = await select(bench)
    request = pb.TagSelectionRequest(name=made.name, tag="train next")
    await bench.wait((await call(bench, "TagSelection", request)).name)

    assert sorted(await matching(bench, 'tag:"train next"')) == sorted(bench.image_ids[:5])
    assert await refused(bench, "TagSelection", pb.TagSelectionRequest(name=made.name)) == "INVALID_ARGUMENT"


async def test_download_manifest__everything_that_decided_it(bench: Bench) -> None:
    made = await select(bench, seed=3, balance_by="line", display_name="Next")
    call_ = bench.stub("Curation").DownloadManifest(pb.DownloadManifestRequest(name=made.name), metadata=bench.who)
    manifest = json.loads(b"".join([part.data async for part in call_]))

    assert (manifest["seed"], manifest["balance_by"], manifest["display_name"]) == (3, "line", "Next")
    assert manifest["ids"] == bench.image_ids
    assert (manifest["feature_source"], manifest["feature_version"]) == ("models/efficientnet-lite0", "1")
    assert manifest["candidates_sha256"] == made.candidates_sha256
    assert len(manifest["picks_sha256"]) == 64
    assert [one["image"].rpartition("/")[2] for one in manifest["picks"]] == bench.image_ids[:5]
    assert manifest["picks"][0]["sha256"] == bench.image_ids[0].replace("-", "") * 2


async def test_delete_selection__creator_or_owner(bench: Bench, viewer: Caller) -> None:
    made, who = await select(bench), bench.server.metadata(viewer)
    deletion = pb.DeleteSelectionRequest(name=made.name)

    assert await refused(bench, "DeleteSelection", deletion, who) == "CREATOR_REQUIRED"
    await call(bench, "DeleteSelection", deletion)
    assert await refused(bench, "GetSelection", pb.GetSelectionRequest(name=made.name)) == "SELECTION_NOT_FOUND"


async def test_selection__hidden_images_are_not_there(bench: Bench, viewer: Caller) -> None:
    made, who = await select(bench), bench.server.metadata(viewer)
    await narrow(bench, *bench.image_ids[:2])
    seen = await call(bench, "GetSelection", pb.GetSelectionRequest(name=made.name), who)

    assert await picks(bench, made.name, who) == bench.image_ids[2:5]
    assert (seen.pick_count, seen.candidate_count, seen.skipped_count) == (3, 0, 0)
    assert not seen.selector.images.ids
    stranger = bench.server.metadata(make_user())
    assert await refused(bench, "ListPicks", pb.ListPicksRequest(parent=made.name), stranger) == "PROJECT_NOT_FOUND"
