"""Splits through a real server: images shared out and tagged."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from loupe.project.v1 import curation_service_pb2 as curation_pb
from loupe.project.v1 import image_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit.caller import Caller
from loupe_kit.testing import make_user
from loupe_project.domain.operation import OperationKind
from tests.integration.project.results.curating import delete, matching, select, with_duplicates
from tests.integration.project.results.harness import Bench, narrow
from tests.integration.project.results.splitting import (
    HALVES,
    SIXTY,
    TEST,
    TRAIN,
    VAL,
    call,
    failed,
    id_of,
    placed,
    refused,
    split,
    split_request,
)


async def test_create_split__duplicates_stay_together(bench: Bench) -> None:
    run = await with_duplicates(bench)

    made = await split(bench, **SIXTY, seed=5)
    images = await placed(bench, made.name)

    assert made.state == curation_pb.CURATION_STATE_SUCCEEDED
    assert made.display_name == "Split 60 / 20 / 20"
    assert [(one.part, one.fraction, one.image_count) for one in made.parts] == [
        (TRAIN, 0.6, 12),
        (VAL, 0.2, 4),
        (TEST, 0.2, 4),
    ]
    assert (made.group_count, made.duplicate_run, made.unsearched_count) == (1, run.name, 0)
    assert [one.part for one in images] == [TRAIN] * 12 + [VAL] * 4 + [TEST] * 4
    assert {id_of(one) for one in images} == set(bench.image_ids)
    twins = [one for one in images if id_of(one) in bench.image_ids[:3]]
    assert len({one.part for one in twins}) == 1
    assert {one.reason.partition(" Stays ")[2] for one in twins} == {"with 2 others: images that show the same."}
    assert made == await call(bench, "GetSplit", pb.GetSplitRequest(name=made.name))
    assert [id_of(one) for one in await placed(bench, made.name, part=VAL)] == [id_of(one) for one in images[12:16]]


async def test_create_split__shares_of_each_class_and_lots_that_stay_whole(bench: Bench) -> None:
    await with_duplicates(bench)
    labelled = {"selector": image_pb2.ImageSelector(query="has:truth")}

    by_class = await placed(bench, (await split(bench, **HALVES, stratify_by="meta.hot")).name)
    unlike = {"selector": image_pb2.ImageSelector(query="-has:dup")}
    by_line = await placed(bench, (await split(bench, **unlike, **HALVES, group_by="line")).name)
    of_labelled = await placed(bench, (await split(bench, **labelled, **HALVES, stratify_by="truth")).name)

    assert Counter((one.part, one.stratum) for one in by_class).keys() == {
        (part, stratum) for part in (TRAIN, TEST) for stratum in {one.stratum for one in by_class}
    }
    lines: dict[int, set[int]] = {}
    for one in by_line:
        lines.setdefault(bench.image_ids.index(id_of(one)) % 3, set()).add(one.part)
    assert all(len(parts) == 1 for parts in lines.values())
    assert [one.stratum for one in of_labelled] == ["ok"] * 10
    assert of_labelled[0].reason.startswith("Drawn for train, which has 5 of the 10 images with truth ok.")
    assert of_labelled[0].reason_ko.startswith("학습에 배정: truth ok 이미지 10장 중 5장.")
    assert await failed(bench, **HALVES, stratify_by="truth") == "STRATUM_MISSING"
    # Pictures that show the same are of all three lines, and tie them together.
    assert await failed(bench, **HALVES, group_by="line") == "SPLIT_IMPOSSIBLE"


async def test_create_split__of_a_selection(bench: Bench) -> None:
    await with_duplicates(bench)
    selection = await select(bench, count=12, strategy=curation_pb.Selection.STRATEGY_COVERAGE)

    made = await split(bench, selection=selection.name, **HALVES)

    assert sum(one.image_count for one in made.parts) == 12
    assert (made.selection, made.HasField("selector")) == (selection.name, False)


async def test_create_split__same_seed_same_split(bench: Bench) -> None:
    await with_duplicates(bench)

    first, again, other = [(await split(bench, **HALVES, seed=seed)).split_sha256 for seed in (1, 1, 2)]

    assert first == again != other


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"train_fraction": 0.8, "test_fraction": 0.1}, "INVALID_ARGUMENT"),
        ({"train_fraction": 1.0}, "INVALID_ARGUMENT"),
        ({"train_fraction": 1.2, "test_fraction": -0.2}, "INVALID_ARGUMENT"),
        ({"train_fraction": float("nan"), "test_fraction": 0.5}, "INVALID_ARGUMENT"),
        ({"val_fraction": 0.5, "test_fraction": 0.5}, "INVALID_ARGUMENT"),
        (HALVES | {"selector": image_pb2.ImageSelector(query="name:cell-1.png")}, "TOO_FEW_IMAGES"),
        (HALVES | {"selector": image_pb2.ImageSelector(query="line:(")}, "QUERY_INVALID"),
        (HALVES | {"stratify_by": "tag"}, "INVALID_ARGUMENT"),
        (HALVES | {"stratify_by": "conf"}, "INVALID_ARGUMENT"),
        (HALVES | {"group_by": "colour of the sky"}, "INVALID_ARGUMENT"),
        (HALVES | {"seed": -1}, "INVALID_ARGUMENT"),
        (HALVES | {"display_name": "x" * 101}, "INVALID_ARGUMENT"),
        (HALVES | {"selector": None}, "INVALID_ARGUMENT"),
    ],
)
async def test_create_split__refused_before_any_work(bench: Bench, more: dict[str, Any], reason: str) -> None:
    await with_duplicates(bench)

    assert await refused(bench, "CreateSplit", split_request(bench, **more)) == reason


async def test_create_split__a_part_would_be_empty(bench: Bench) -> None:
    await with_duplicates(bench)

    assert await failed(bench, train_fraction=0.98, val_fraction=0.01, test_fraction=0.01) == "SPLIT_IMPOSSIBLE"
    (made,) = (await call(bench, "ListSplits", pb.ListSplitsRequest(parent=bench.project))).splits
    assert made.state == curation_pb.CURATION_STATE_FAILED
    assert "groups that must not be torn apart" in made.failure.message
    listing = pb.ListSplitImagesRequest(parent=made.name)
    assert await refused(bench, "ListSplitImages", listing) == "SPLIT_NOT_READY"


async def test_create_split__a_second_run_changes_nothing(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, **HALVES)
    operation_id = made.operation.rpartition("/")[2]
    async with bench.parts.stores(read_only=True) as store:
        operation = await store.operations.get(bench.project.partition("/")[2], operation_id)
    # Those that are only looked at come without what their handlers need to know.
    operation = replace(operation, request=made.name.rpartition("/")[2].encode())

    again = await bench.handlers[OperationKind.CREATE_SPLIT].run(operation, None, asyncio.Event())

    assert again == made


async def test_split__what_is_hidden_is_absent(bench: Bench, viewer: Caller) -> None:
    await with_duplicates(bench)
    made, who = await split(bench, **HALVES), bench.server.metadata(viewer)
    await narrow(bench, *bench.image_ids[:4])

    seen = await call(bench, "GetSplit", pb.GetSplitRequest(name=made.name), who)

    assert sum(one.image_count for one in seen.parts) == 16
    assert (seen.group_count, seen.unsearched_count) == (0, 0)
    assert {id_of(one) for one in await placed(bench, made.name, who)} == set(bench.image_ids[4:])
    assert await refused(bench, "DeleteSplit", pb.DeleteSplitRequest(name=made.name), who) == "CREATOR_REQUIRED"
    assert (
        await refused(bench, "TagSplit", pb.TagSplitRequest(name=made.name, part=TRAIN), who) == "EDIT_RIGHT_REQUIRED"
    )
    stranger = bench.server.metadata(make_user())
    assert await refused(bench, "GetSplit", pb.GetSplitRequest(name=made.name), stranger) == "PROJECT_NOT_FOUND"


async def test_split__deleted(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, **HALVES)
    await delete(bench, bench.image_ids[7])

    assert len(await placed(bench, made.name)) == 19
    await call(bench, "DeleteSplit", pb.DeleteSplitRequest(name=made.name))
    assert await refused(bench, "GetSplit", pb.GetSplitRequest(name=made.name)) == "SPLIT_NOT_FOUND"
    assert not (await call(bench, "ListSplits", pb.ListSplitsRequest(parent=bench.project))).splits


async def test_tag_split__the_newest_split_counts(bench: Bench) -> None:
    await with_duplicates(bench)
    made = pb.Split()
    for seed in (1, 2):
        made = await split(bench, **HALVES, seed=seed)
        for part in (TRAIN, TEST):
            asked = await call(bench, "TagSplit", pb.TagSplitRequest(name=made.name, part=part))
            await bench.wait(asked.name)
    images = await placed(bench, made.name)

    for part, name in ((TRAIN, "train"), (TEST, "test")):
        assert set(await matching(bench, f'tag:"split:{name}"')) == {id_of(one) for one in images if one.part == part}
    assert await refused(bench, "TagSplit", pb.TagSplitRequest(name=made.name, part=VAL)) == "SPLIT_NOT_READY"
    assert await refused(bench, "TagSplit", pb.TagSplitRequest(name=made.name)) == "INVALID_ARGUMENT"


async def test_manifest__says_everything_that_decided(bench: Bench) -> None:
    run = await with_duplicates(bench)
    made = await split(bench, **SIXTY, stratify_by="line", seed=9)

    request = pb.DownloadSplitManifestRequest(name=made.name)
    pieces = bench.stub("Split").DownloadSplitManifest(request, metadata=bench.who)
    manifest = json.loads(b"".join([piece.data async for piece in pieces]))

    assert manifest["fractions"] == {"train": 0.6, "val": 0.2, "test": 0.2}
    assert (manifest["query"], manifest["ids"], manifest["selection"]) == ("", None, None)
    assert (manifest["seed"], manifest["stratify_by"], manifest["group_by"]) == (9, "line", None)
    assert (manifest["duplicate_run"], manifest["split_sha256"]) == (run.name, made.split_sha256)
    assert len(manifest["images"]) == 20
    first = manifest["images"][0]
    assert (first["part"], len(first["sha256"])) == ("train", 64)
    assert first["reason"].startswith("Drawn for train, which has ")
