"""CurationService through a real server, with a fake reduction service behind it."""

import asyncio
import io
import json
from datetime import timedelta
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image
from PIL.Image import Transpose

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import image_pb2, operation_service_pb2, search_service_pb2
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_kit.errors import Unavailable
from loupe_kit.status import from_rpc_error, from_status_proto
from loupe_kit.testing import make_user
from loupe_project.domain.image import NewLabel
from loupe_project.domain.operation import OperationKind
from tests.integration.project.results.harness import Bench, narrow

EVERYTHING = image_pb2.ImageSelector(query="")
OUTLIERS, DUPLICATES = pb.CurationRun.KIND_OUTLIERS, pb.CurationRun.KIND_DUPLICATES


def chosen(*image_ids: str) -> image_pb2.ImageSelector:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))


async def call(bench: Bench, method: str, request: Any, who: Any = None) -> Any:
    return await getattr(bench.stub("Curation"), method)(request, metadata=who or bench.who)


async def refused(bench: Bench, method: str, request: Any, who: Any = None) -> str:
    """The reason for which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(bench, method, request, who)
    return from_rpc_error(caught.value).reason


def selection_request(bench: Bench, **more: Any) -> pb.CreateSelectionRequest:
    more.setdefault("selector", chosen(*bench.image_ids))
    more.setdefault("count", 5)
    return pb.CreateSelectionRequest(parent=bench.project, selection=pb.Selection(**more))


async def select(bench: Bench, who: Any = None, **more: Any) -> pb.Selection:
    asked = await call(bench, "CreateSelection", selection_request(bench, **more), who)
    done, _ = await bench.wait(asked.name)
    made = pb.Selection()
    assert done.response.Unpack(made), done
    return made


def run_request(bench: Bench, kind: Any, **more: Any) -> pb.CreateCurationRunRequest:
    more.setdefault("selector", chosen(*bench.image_ids))
    return pb.CreateCurationRunRequest(parent=bench.project, curation_run=pb.CurationRun(kind=kind, **more))


async def run(bench: Bench, kind: Any, **more: Any) -> pb.CurationRun:
    asked = await call(bench, "CreateCurationRun", run_request(bench, kind, **more))
    done, _ = await bench.wait(asked.name)
    made = pb.CurationRun()
    assert done.response.Unpack(made), done
    return made


async def failed(bench: Bench, operation: str) -> str:
    """The reason for which an operation failed."""
    done, _ = await bench.wait(operation)
    return from_status_proto(done.error).reason


async def picks(bench: Bench, name: str, who: Any = None) -> list[str]:
    """Ids of the picks, best first, read in pages of three."""
    found, token = [], ""
    while True:
        request = pb.ListPicksRequest(parent=name, page_size=3, page_token=token)
        page = await call(bench, "ListPicks", request, who)
        found += [one.image.rpartition("/")[2] for one in page.picks]
        token = page.next_page_token
        if not token:
            return found


async def matching(bench: Bench, query: str, who: Any = None, **more: Any) -> list[str]:
    request = search_service_pb2.SearchImagesRequest(parent=bench.project, query=query, page_size=1000, **more)
    found = await bench.stub("Search").SearchImages(request, metadata=who or bench.who)
    return [one.name.rpartition("/")[2] for one in found.images]


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


async def label(bench: Bench, image_ids: list[str], text: str) -> None:
    async with bench.parts.stores() as store:
        now = bench.parts.clock.now()
        await store.labels.put(
            bench.project.split("/")[1], {one: [NewLabel(text)] for one in image_ids}, "users/a", now
        )
        await store.commit()


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


async def delete(bench: Bench, *image_ids: str) -> None:
    async with bench.parts.stores() as store:
        await store.images.delete(bench.project.split("/")[1], image_ids, bench.parts.clock.now())
        await store.commit()


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


async def draw(bench: Bench, image_id: str, picture: Image.Image, kind: str = "PNG") -> None:
    """Give an image pixels."""
    target = io.BytesIO()
    picture.save(target, kind)
    key = f"projects/{bench.project.split('/')[1]}/images/{image_id}"
    await bench.parts.objects.put_bytes(key, target.getvalue())


def picture(seed: int = 0) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9), np.uint8)
    return Image.fromarray(coarse).resize((120, 120), Image.Resampling.BICUBIC)


async def with_duplicates(bench: Bench) -> pb.CurationRun:
    """A run over a group of five: a picture, itself as BMP, as JPEG, turned over, and one that cannot be read."""
    original, exact, near, other, broken = bench.image_ids[:5]
    await draw(bench, original, picture())
    await draw(bench, exact, picture(), "BMP")
    await draw(bench, near, picture(), "JPEG")
    await draw(bench, other, picture().transpose(Transpose.FLIP_LEFT_RIGHT))
    bench.curation.groups = [[near, other, exact, original, broken]]
    return await run(bench, DUPLICATES)


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
