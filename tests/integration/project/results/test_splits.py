"""SplitService through a real server: images shared out, tagged, exported, and what leaks between parts."""

import asyncio
import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import grpc
import pyarrow.parquet as pq
import pytest

from loupe.project.v1 import curation_service_pb2 as curation_pb
from loupe.project.v1 import export_service_pb2, image_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_kit.status import from_rpc_error, from_status_proto
from loupe_kit.testing import make_user
from loupe_project.domain.operation import OperationKind
from tests.integration.project.results.harness import Bench, narrow
from tests.integration.project.results.test_curation import delete, matching, select, with_duplicates

TRAIN, VAL, TEST = pb.SPLIT_PART_TRAIN, pb.SPLIT_PART_VAL, pb.SPLIT_PART_TEST
HALVES = {"train_fraction": 0.5, "test_fraction": 0.5}
SIXTY = {"train_fraction": 0.6, "val_fraction": 0.2, "test_fraction": 0.2}


async def call(bench: Bench, method: str, request: Any, who: Any = None) -> Any:
    return await getattr(bench.stub("Split"), method)(request, metadata=who or bench.who)


async def refused(bench: Bench, method: str, request: Any, who: Any = None) -> str:
    """The reason for which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(bench, method, request, who)
    error = from_rpc_error(caught.value)
    return error.reason or error.code.name


def split_request(bench: Bench, **more: Any) -> pb.CreateSplitRequest:
    if "selection" not in more:
        more.setdefault("selector", image_pb2.ImageSelector(query=""))
    return pb.CreateSplitRequest(parent=bench.project, split=pb.Split(**more))


async def split(bench: Bench, who: Any = None, **more: Any) -> pb.Split:
    asked = await call(bench, "CreateSplit", split_request(bench, **more), who)
    done, _ = await bench.wait(asked.name)
    made = pb.Split()
    assert done.response.Unpack(made), done
    return made


async def failed(bench: Bench, **more: Any) -> str:
    """The reason for which a split fails."""
    asked = await call(bench, "CreateSplit", split_request(bench, **more))
    done, _ = await bench.wait(asked.name)
    return from_status_proto(done.error).reason


async def placed(bench: Bench, name: str, who: Any = None, **more: Any) -> list[pb.SplitImage]:
    """The images, read in pages of seven."""
    found, token = [], ""
    while True:
        request = pb.ListSplitImagesRequest(parent=name, page_size=7, page_token=token, **more)
        page = await call(bench, "ListSplitImages", request, who)
        found += page.split_images
        token = page.next_page_token
        if not token:
            return found


def id_of(one: Any) -> str:
    return str(one.image.rpartition("/")[2])


async def export(bench: Bench, name: str, *contents: str) -> zipfile.ZipFile:
    kinds = [export_service_pb2.Export.Content.Value(f"CONTENT_{one}") for one in contents]
    message = export_service_pb2.Export(split=name, contents=kinds)
    stub = bench.stub("Export")
    request = export_service_pb2.CreateExportRequest(parent=bench.project, export=message)
    done, _ = await bench.wait((await stub.CreateExport(request, metadata=bench.who)).name)
    made = export_service_pb2.Export()
    assert done.response.Unpack(made), done
    assert (made.split, made.HasField("selector")) == (name, False)
    call = stub.DownloadExport(export_service_pb2.DownloadExportRequest(name=made.name), metadata=bench.who)
    return zipfile.ZipFile(io.BytesIO(b"".join([part.data async for part in call])))


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


async def test_create_split__nobody_has_searched_for_duplicates(bench: Bench) -> None:
    assert await refused(bench, "CreateSplit", split_request(bench, **HALVES)) == "DUPLICATES_UNKNOWN"
    assert await refused(bench, "FindLeakage", leakage(bench, a="line:L0", b="line:L1")) == "DUPLICATES_UNKNOWN"


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


async def test_split__images_that_came_later_are_counted(bench: Bench) -> None:
    await with_duplicates(bench)
    await bench.add_images(2)

    assert (await split(bench, **HALVES)).unsearched_count == 2


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


async def test_export__of_a_split_in_folders(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, **SIXTY)
    parts = {
        one.file_name: pb.SplitPart.Name(one.part).removeprefix("SPLIT_PART_").lower()
        for one in await placed(bench, made.name)
    }

    archive = await export(bench, made.name, "IMAGES", "COCO", "YOLO", "IMAGE_FOLDER", "CSV", "PARQUET")
    names = archive.namelist()

    assert {name for name in names if name.startswith("images/")} == {
        f"images/{part}/{file}" for file, part in parts.items()
    }
    labelled = {file: part for file, part in parts.items() if int(file.partition("-")[2][:-4]) % 2}
    assert {name for name in names if name.startswith("imagefolder/")} == {
        f"imagefolder/{part}/OK/{file.partition('/')[2]}" for file, part in labelled.items()
    }
    check_coco(archive, parts)
    data = archive.read("yolo/data.yaml").decode()
    assert "train: images/train\nval: images/val\ntest: images/test\n" in data
    assert {name for name in names if name.startswith("yolo/labels/")} == {
        f"yolo/labels/{part}/{file[:-4]}.txt" for file, part in parts.items()
    }
    table = pq.read_table(io.BytesIO(archive.read("images.parquet"))).to_pylist()
    assert {row["file_name"]: row["loupe.split"] for row in table} == parts
    assert "loupe.split" in archive.read("images.csv").decode("utf-8-sig").partition("\r\n")[0]


def check_coco(archive: zipfile.ZipFile, parts: Mapping[str, str]) -> None:
    """Each part has its own images, and all parts the same classes."""
    files = {part: json.loads(archive.read(f"coco/{part}_labels.json")) for part in set(parts.values())}
    for part, file in files.items():
        assert {image["file_name"] for image in file["images"]} == {
            f"{part}/{name}" for name, its_part in parts.items() if its_part == part
        }
        assert {one["image_id"] for one in file["annotations"]} <= {image["id"] for image in file["images"]}
    (categories,) = {json.dumps(file["categories"]) for file in files.values()}
    assert {one["name"] for one in json.loads(categories)} == {"OK", "dent"}


async def test_export__of_a_split_without_test(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, train_fraction=0.5, val_fraction=0.5)

    archive = await export(bench, made.name, "YOLO", "COCO")

    assert "train: images/train\nval: images/val\nnames" in archive.read("yolo/data.yaml").decode()
    assert "coco/test_labels.json" not in archive.namelist()


async def test_export__split_and_selector(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, **HALVES)
    stub = bench.stub("Export")
    for message, reason in (
        (export_service_pb2.Export(split=made.name, selector=image_pb2.ImageSelector(query="")), "INVALID_ARGUMENT"),
        (export_service_pb2.Export(split="projects/elsewhere/splits/x"), "INVALID_ARGUMENT"),
        (export_service_pb2.Export(split=f"{bench.project}/splits/{ids.new_id()}"), "SPLIT_NOT_FOUND"),
    ):
        message.contents.append(export_service_pb2.Export.CONTENT_CSV)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.CreateExport(
                export_service_pb2.CreateExportRequest(parent=bench.project, export=message), metadata=bench.who
            )
        error = from_rpc_error(caught.value)
        assert (error.reason or error.code.name) == reason


def leakage(bench: Bench, **parts: str) -> pb.FindLeakageRequest:
    given = [pb.FindLeakageRequest.Part(display_name=name, query=query) for name, query in parts.items()]
    return pb.FindLeakageRequest(parent=bench.project, parts=given)


async def test_find_leakage__a_split_of_ours_has_none(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, **HALVES)

    found = await call(bench, "FindLeakage", pb.FindLeakageRequest(parent=bench.project, split=made.name))

    assert (found.group_count, found.leaking_count, found.image_count) == (0, 0, 20)


async def test_find_leakage__between_what_queries_find(bench: Bench) -> None:
    run = await with_duplicates(bench)

    # The pictures that show the same are of lines 0, 1 and 2.
    found = await call(bench, "FindLeakage", leakage(bench, train="line:L0,L1", test="line:L1,L2"))

    assert (found.duplicate_run, found.image_count, found.unsearched_count) == (run.name, 20, 0)
    first = found.groups[0]
    assert [(id_of(one), list(one.parts), one.is_exact) for one in first.members] == [
        (bench.image_ids[0], ["train"], True),
        (bench.image_ids[1], ["train", "test"], True),
        (bench.image_ids[2], ["test"], False),
    ]
    # Six other images of line 1 are in both parts.
    assert (found.group_count, found.leaking_count, first.member_count) == (7, 9, 3)
    page = leakage(bench, train="line:L0,L1", test="line:L1,L2")
    page.page_size = 4
    head = await call(bench, "FindLeakage", page)
    page.page_token = head.next_page_token
    rest = await call(bench, "FindLeakage", page)
    assert [*head.groups, *rest.groups] == [*found.groups]
    assert not rest.next_page_token


async def test_find_leakage__hidden_twins_do_not_leak(bench: Bench, viewer: Caller) -> None:
    await with_duplicates(bench)
    await narrow(bench, bench.image_ids[0])
    request = leakage(bench, train="line:L0", test="line:L2")

    assert (await call(bench, "FindLeakage", request)).group_count == 1
    assert (await call(bench, "FindLeakage", request, bench.server.metadata(viewer))).group_count == 0


@pytest.mark.parametrize(
    "parts",
    [{}, {"train": "line:L0"}, {"train": "line:L0", "test": " "}, {"": "line:L0", "test": "line:L1"}],
)
async def test_find_leakage__bad_parts(bench: Bench, parts: dict[str, str]) -> None:
    await with_duplicates(bench)

    assert await refused(bench, "FindLeakage", leakage(bench, **parts)) == "INVALID_ARGUMENT"
