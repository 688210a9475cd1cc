"""Searches for outliers and duplicates through a real server, with a fake reduction service behind it."""

from typing import Any

import numpy as np
import pytest

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import image_pb2, search_service_pb2
from loupe_kit.caller import Caller
from tests.integration.project.results.curating import (
    DUPLICATES,
    EVERYTHING,
    OUTLIERS,
    call,
    chosen,
    delete,
    failed,
    matching,
    refused,
    run,
    run_request,
    with_duplicates,
)
from tests.integration.project.results.harness import Bench, narrow


async def test_outliers__ranked_with_reason_and_in_queries(bench: Bench) -> None:
    made = await run(bench, OUTLIERS)
    found = await call(bench, "ListOutliers", pb.ListOutliersRequest(parent=made.name, page_size=2))
    rest = await call(bench, "ListOutliers", pb.ListOutliersRequest(parent=made.name, page_token=found.next_page_token))

    assert (made.image_count, made.skipped_count, made.neighbors, made.median_distance) == (19, 1, 15, 0.1)
    assert [one.image.rpartition("/")[2] for one in found.outliers] == bench.image_ids[18:16:-1]
    assert found.outliers[0].score == pytest.approx(18 / 19)
    assert found.outliers[0].nearest_image.endswith(bench.image_ids[17])
    assert found.outliers[0].reason.startswith("Mean distance to its 15 nearest images is 0.300, 3.0 times the median;")
    assert len(rest.outliers) == 17
    assert not rest.next_page_token
    assert sorted(await matching(bench, "outlier>0.8")) == sorted(bench.image_ids[16:19])
    assert await matching(bench, "-has:outlier") == bench.image_ids[19:]
    by_oddity = await matching(bench, "", order=search_service_pb2.SearchImagesRequest.ORDER_OUTLIER)
    assert by_oddity == [*reversed(bench.image_ids[:19]), bench.image_ids[19]]


async def test_search_images__pages_by_oddity(bench: Bench) -> None:
    await run(bench, OUTLIERS)
    found, token = [], ""
    while True:
        request = search_service_pb2.SearchImagesRequest(
            parent=bench.project,
            page_size=6,
            page_token=token,
            order=search_service_pb2.SearchImagesRequest.ORDER_OUTLIER,
        )
        page = await bench.stub("Search").SearchImages(request, metadata=bench.who)
        found += [one.name.rpartition("/")[2] for one in page.images]
        token = page.next_page_token
        if not token:
            break

    assert found == [*reversed(bench.image_ids[:19]), bench.image_ids[19]]


async def test_outliers__newest_run_counts(bench: Bench) -> None:
    first = await run(bench, OUTLIERS)
    second = await run(bench, OUTLIERS, selector=chosen(*bench.image_ids[:12]))
    listed = await call(bench, "ListCurationRuns", pb.ListCurationRunsRequest(parent=bench.project))

    states = {one.name: one.state for one in listed.curation_runs}
    assert states == {second.name: pb.CURATION_STATE_SUCCEEDED, first.name: pb.CURATION_STATE_SUPERSEDED}
    assert len(await matching(bench, "has:outlier")) == 11
    assert await refused(bench, "ListOutliers", pb.ListOutliersRequest(parent=first.name)) == "CURATION_RUN_NOT_READY"
    await call(bench, "DeleteCurationRun", pb.DeleteCurationRunRequest(name=second.name))
    assert await matching(bench, "has:outlier") == []


async def test_outliers__against_a_reference(bench: Bench) -> None:
    reference = chosen(*bench.image_ids[:12])
    made = await run(bench, OUTLIERS, selector=chosen(*bench.image_ids[5:18]), reference=reference)

    marks = np.frombuffer(bench.curation.columns["reference"], np.uint8).tolist()
    assert marks == [1] * 7 + [0] * 6 + [1] * 5
    assert set(await matching(bench, "has:outlier")) <= set(bench.image_ids[5:18])
    assert made.reference == reference


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"kind": 0}, "INVALID_ARGUMENT"),
        ({"selector": None}, "INVALID_ARGUMENT"),
        ({"kind": DUPLICATES, "reference": EVERYTHING}, "INVALID_ARGUMENT"),
        ({"reference": image_pb2.ImageSelector(query="line:none")}, "TOO_FEW_IMAGES"),
        ({"feature_source": "models/other"}, "FEATURES_MISSING"),
    ],
)
async def test_create_curation_run__refused_before_any_work(bench: Bench, more: dict[str, Any], expected: str) -> None:
    request = run_request(bench, **({"kind": OUTLIERS} | more))

    assert await refused(bench, "CreateCurationRun", request) == expected
    assert not bench.curation.asked


async def test_create_curation_run__viewers_may_not(bench: Bench, viewer: Caller) -> None:
    who = bench.server.metadata(viewer)

    assert await refused(bench, "CreateCurationRun", run_request(bench, OUTLIERS), who) == "EDIT_RIGHT_REQUIRED"


async def test_duplicates__pixels_decide_and_the_first_uploaded_is_kept(bench: Bench) -> None:
    made = await with_duplicates(bench)
    original, exact, near, other, _ = bench.image_ids[:5]
    (group,) = (
        await call(bench, "ListDuplicateGroups", pb.ListDuplicateGroupsRequest(parent=made.name))
    ).duplicate_groups

    assert (made.group_count, made.duplicate_count, made.image_count, made.threshold) == (1, 2, 20, 0.01)
    assert group.keeper.endswith(original)
    assert [one.image.rpartition("/")[2] for one in group.members] == [exact, near]
    assert [one.is_exact for one in group.members] == [True, False]
    assert group.members[0].pixel_difference == 0 < group.members[1].pixel_difference < 0.02
    assert await matching(bench, "dup:exact") == [exact]
    assert await matching(bench, "dup:near") == [near]
    assert await matching(bench, "dup:keeper") == [original]
    assert other in await matching(bench, "-has:dup")


async def test_duplicates__nobody_learns_of_a_hidden_twin(bench: Bench, viewer: Caller) -> None:
    made, who = await with_duplicates(bench), bench.server.metadata(viewer)
    original, exact, near = bench.image_ids[:3]
    listing = pb.ListDuplicateGroupsRequest(parent=made.name)
    await narrow(bench, near)
    (without_near,) = (await call(bench, "ListDuplicateGroups", listing, who)).duplicate_groups
    keepers = await matching(bench, "dup:keeper", who)
    await narrow(bench, original)

    assert [one.image.rpartition("/")[2] for one in without_near.members] == [exact]
    assert without_near.member_count == 1
    assert keepers == [original]
    assert not (await call(bench, "ListDuplicateGroups", listing, who)).duplicate_groups
    assert await matching(bench, "has:dup", who) == []
    seen = await call(bench, "GetCurationRun", pb.GetCurationRunRequest(name=made.name), who)
    assert (seen.group_count, seen.duplicate_count, seen.image_count) == (0, 0, 0)


async def test_outliers__nobody_learns_of_a_hidden_neighbour(bench: Bench, viewer: Caller) -> None:
    made, who = await run(bench, OUTLIERS), bench.server.metadata(viewer)
    await narrow(bench, bench.image_ids[17])
    found = (await call(bench, "ListOutliers", pb.ListOutliersRequest(parent=made.name), who)).outliers

    assert len(found) == 18
    assert found[0].image.endswith(bench.image_ids[18])
    assert not found[0].nearest_image


async def test_duplicates__deleting_the_keeper_ends_the_group(bench: Bench) -> None:
    made = await with_duplicates(bench)
    await delete(bench, bench.image_ids[0])
    listing = pb.ListDuplicateGroupsRequest(parent=made.name)

    assert not (await call(bench, "ListDuplicateGroups", listing)).duplicate_groups
    assert await matching(bench, "has:dup") == []


async def test_curation_run__of_the_other_kind_or_running(bench: Bench) -> None:
    made = await run(bench, OUTLIERS)
    bench.curation.goes_on.clear()
    asked = await call(bench, "CreateCurationRun", run_request(bench, DUPLICATES))
    running, _ = (await call(bench, "ListCurationRuns", pb.ListCurationRunsRequest(parent=bench.project))).curation_runs
    reasons = [
        await refused(bench, "ListDuplicateGroups", pb.ListDuplicateGroupsRequest(parent=name))
        for name in (made.name, running.name)
    ]
    await call(bench, "DeleteCurationRun", pb.DeleteCurationRunRequest(name=running.name))

    assert reasons == ["CURATION_RUN_NOT_READY", "CURATION_RUN_NOT_READY"]
    assert await failed(bench, asked.name) == "OPERATION_CANCELLED"
