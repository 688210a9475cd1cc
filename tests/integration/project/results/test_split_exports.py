"""Exports of splits through a real server."""

import io
import json
import zipfile
from collections.abc import Mapping

import grpc
import pyarrow.parquet as pq
import pytest

from loupe.project.v1 import export_service_pb2, image_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.status import from_rpc_error
from tests.integration.project.results.curating import with_duplicates
from tests.integration.project.results.harness import Bench
from tests.integration.project.results.splitting import HALVES, SIXTY, placed, split


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
