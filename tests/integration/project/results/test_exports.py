"""ExportService through a real server: what went in comes out again."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pyarrow.parquet as pq
import pytest

from loupe.project.v1 import analysis_service_pb2, image_pb2
from loupe.project.v1 import export_service_pb2 as pb
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.intake.rows import Row
from loupe_project.domain.intake.table_files import read_table
from loupe_project.use_cases.exports import expire
from tests.integration.project.results.fakes import vector
from tests.integration.project.results.harness import Bench

ALL = [value for value in pb.Export.Content.values() if value]
AWKWARD = {
    "operator": "=cmd|'/c calc'!A1",
    "note": '김, "quoted"\nsecond line',
    "minus": -3.25,
    "apostrophe": "'=x",
    "serial": "00123",
    "file": "not a file name",
    "whole": 12.0,
    "third": 1 / 3,
}


async def export(
    bench: Bench, contents: Sequence[int], query: str = "", **more: Any
) -> tuple[pb.Export, zipfile.ZipFile]:
    selector = more.pop("selector", None) or image_pb2.ImageSelector(query=query)
    message = pb.Export(selector=selector, contents=contents, **more)  # type: ignore[arg-type]
    stub = bench.stub("Export")
    operation = await stub.CreateExport(
        pb.CreateExportRequest(parent=bench.project, export=message), metadata=bench.who
    )
    done, _ = await bench.wait(operation.name)
    made = pb.Export()
    assert done.response.Unpack(made), done
    call = stub.DownloadExport(pb.DownloadExportRequest(name=made.name), metadata=bench.who)
    data = b"".join([part.data async for part in call])
    assert len(data) == made.size_bytes
    told = dict(await call.initial_metadata())
    assert told["file-size"] == str(made.size_bytes)
    assert re.fullmatch(r"attachment; filename\*=UTF-8''loupe-[-\d]+\.zip", str(told["content-disposition"]))
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return made, archive


async def make_map(bench: Bench, name: str) -> None:
    analysis = analysis_service_pb2.Analysis(
        method=analysis_service_pb2.Analysis.METHOD_PCA,
        selector=image_pb2.ImageSelector(query=""),
        display_name=name,
    )
    operation = await bench.stub("Analysis").CreateAnalysis(
        analysis_service_pb2.CreateAnalysisRequest(parent=bench.project, analysis=analysis), metadata=bench.who
    )
    await bench.wait(operation.name)


async def test_export__everything(bench: Bench) -> None:
    await make_map(bench, "all/of: them")
    made, archive = await export(bench, ALL)
    names = archive.namelist()

    assert (made.image_count, made.state) == (20, pb.Export.STATE_SUCCEEDED)
    assert made.expire_time.seconds > made.create_time.seconds
    assert sum(name.startswith("images/line/cell-") for name in names) == 20
    assert {
        "images.csv",
        "images.jsonl",
        "images.parquet",
        "coco/labels.json",
        "coco/predictions.json",
        "yolo/data.yaml",
        "features/efficientnet-lite0@1.npy",
        "features/efficientnet-lite0@1.parquet",
        "maps/all_of_ them.csv",
    } <= set(names)
    assert sum(name.startswith("imagefolder/OK/cell-") for name in names) == 10
    assert len(names) == len(set(names)) == 20 + 10 + 10 + 80


async def test_export__tables_can_be_uploaded_again(bench: Bench, tmp_path: Path) -> None:
    (image_id,) = await bench.add_images(1, metadata=dict(AWKWARD), file_name="=1+1/-cell.png")
    _, archive = await export(bench, [pb.Export.CONTENT_CSV, pb.Export.CONTENT_JSONL, pb.Export.CONTENT_PARQUET])
    expected = {key: value for key, value in AWKWARD.items() if key != "file"}

    for name in ("images.csv", "images.jsonl"):
        path = tmp_path / name
        path.write_bytes(archive.read(name))
        rows = list(read_table(path, name, FileKind.METADATA, 1 << 20))
        by_file = {row.file_name: row for row in rows if isinstance(row, Row)}
        assert len(by_file) == 21, [row for row in rows if not isinstance(row, Row)]
        odd, first, second = by_file["=1+1/-cell.png"], by_file["line/cell-0.png"], by_file["line/cell-1.png"]
        assert odd.metadata == expected
        assert first.metadata == {"line": "L0", "temp": 60.5, "hot": True}
        assert list(first.tags) == ["first look"]
        assert second.labels[0].display_name == "OK"
        assert second.capture_time is not None
        assert second.capture_time.isoformat() == "2026-11-20T08:00:00+00:00"
    table = pq.read_table(io.BytesIO(archive.read("images.parquet"))).to_pylist()
    assert next(row for row in table if row["file_name"] == "line/cell-1.png")["temp"] == 61.5
    assert image_id in next(row for row in table if row["file_name"] == "=1+1/-cell.png")["loupe.image"]


async def test_export__csv_opens_right_in_a_spreadsheet(bench: Bench) -> None:
    await bench.add_images(1, metadata=dict(AWKWARD), file_name="@odd.png")
    _, archive = await export(bench, [pb.Export.CONTENT_CSV], 'name:"@odd.png"')
    data = archive.read("images.csv")
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))

    assert data.startswith(b"\xef\xbb\xbffile_name,")
    assert row["file_name"] == "'@odd.png"
    assert row["operator"].startswith("'=cmd")
    assert (row["minus"], row["apostrophe"], row["whole"]) == ("-3.25", "''=x", "12")
    assert (row["loupe.predicted_label"], row["loupe.confidence"]) == ("dent", "0.75")
    assert json.loads(row["loupe.predictions"])[0]["boxes"]["boxes"][0]["label"] == "dent"


async def test_export__coco_and_yolo(bench: Bench) -> None:
    chosen = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=bench.image_ids[:2]))
    _, archive = await export(
        bench, [pb.Export.CONTENT_COCO, pb.Export.CONTENT_YOLO, pb.Export.CONTENT_IMAGES], selector=chosen
    )
    truth, said = (json.loads(archive.read(f"coco/{name}.json")) for name in ("labels", "predictions"))
    classes = {category["id"]: category["name"] for category in truth["categories"]}

    assert [image["file_name"] for image in truth["images"]] == ["line/cell-0.png", "line/cell-1.png"]
    whole, boxed = truth["annotations"]
    assert (classes[whole["category_id"]], "bbox" in whole, whole["image_id"]) == ("OK", False, 2)
    assert (classes[boxed["category_id"]], boxed["bbox"], boxed["area"]) == ("dent", [1, 2, 3, 4], 12)
    assert [one["score"] for one in said["annotations"]] == [0.75, 0.75]
    described = archive.read("yolo/data.yaml").decode().splitlines()
    number = next(line.partition(":")[0].strip() for line in described if "dent" in line)
    assert archive.read("yolo/labels/line/cell-0.txt") == b""
    box = "0.062500000 0.133333333 0.075000000 0.133333333"
    assert archive.read("yolo/labels/line/cell-1.txt").decode() == f"{number} {box}\n"
    assert archive.read("yolo/predictions/line/cell-0.txt").decode().endswith(" 0.750000\n")
    assert archive.read("images/line/cell-0.png") == f"bytes of {bench.image_ids[0]}".encode()


async def test_export__features_in_the_order_of_the_images(bench: Bench) -> None:
    _, archive = await export(bench, [pb.Export.CONTENT_FEATURES])
    matrix = np.load(io.BytesIO(archive.read("features/efficientnet-lite0@1.npy")))
    table = pq.read_table(io.BytesIO(archive.read("features/efficientnet-lite0@1.parquet")))

    assert matrix.shape == (18, 8)
    assert matrix.dtype == np.float32
    for image, row, stored in zip(table["image"].to_pylist(), matrix, table["vector"].to_pylist(), strict=True):
        assert row.tolist() == stored == vector(image.rpartition("/")[2]).tolist()


async def test_export__images_are_called_the_same_in_all_files(bench: Bench) -> None:
    await make_map(bench, "first")
    _, archive = await export(bench, [content for content in ALL if content != pb.Export.CONTENT_IMAGES])
    rows = [json.loads(line) for line in archive.read("images.jsonl").splitlines()]
    names = {row["loupe.image"] for row in rows}
    points = csv.DictReader(io.StringIO(archive.read("maps/first.csv").decode("utf-8-sig"), newline=""))
    vectors = pq.read_table(io.BytesIO(archive.read("features/efficientnet-lite0@1.parquet")))
    truth = json.loads(archive.read("coco/labels.json"))

    assert {point["loupe.image"] for point in points} < names
    assert set(vectors["image"].to_pylist()) < names
    assert {image["loupe_image"] for image in truth["images"]} == names


async def test_export__classes_are_those_that_the_file_uses(bench: Bench) -> None:
    _, archive = await export(bench, [pb.Export.CONTENT_COCO, pb.Export.CONTENT_YOLO])
    used = {one["category_id"] for one in json.loads(archive.read("coco/labels.json"))["annotations"]}
    listed = {one["id"] for one in json.loads(archive.read("coco/labels.json"))["categories"]}

    assert listed == used
    # "OK" is said of whole images only: a detector has no use for it.
    assert '"OK"' not in archive.read("yolo/data.yaml").decode()


async def test_export__maps(bench: Bench) -> None:
    await make_map(bench, "first")
    _, archive = await export(bench, [pb.Export.CONTENT_MAPS], "line:L0")
    rows = list(csv.DictReader(io.StringIO(archive.read("maps/first.csv").decode("utf-8-sig"), newline="")))

    assert [float(row["x"]) for row in rows] == list(range(19))
    assert set(rows[0]) == {"file_name", "loupe.image", "x", "y"}


async def test_export__the_same_images_make_the_same_file(bench: Bench) -> None:
    contents = [content for content in ALL if content != pb.Export.CONTENT_MAPS]
    _, first = await export(bench, contents)
    _, second = await export(bench, contents)

    assert [(one.filename, one.CRC) for one in first.infolist()] == [
        (one.filename, one.CRC) for one in second.infolist()
    ]


async def test_export__names_that_clash_or_lead_out(bench: Bench) -> None:
    given = ("a.png", "A.PNG", "a.jpg", "../../etc/passwd", "C:\\con.png", "x/../../y.png")
    for name in given:
        await bench.add_images(1, file_name=name)
    chosen = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=bench.image_ids[20:]))
    _, archive = await export(bench, [pb.Export.CONTENT_IMAGES], selector=chosen)

    assert archive.namelist() == [
        "images/a.png",
        "images/A (2).PNG",
        "images/a (3).jpg",
        "images/etc/passwd",
        "images/C_/_con.png",
        "images/x/y.png",
    ]


async def test_export__image_whose_bytes_are_gone_is_told(bench: Bench) -> None:
    await bench.parts.objects.delete(f"{bench.project}/images/{bench.image_ids[3]}")
    _, archive = await export(bench, [pb.Export.CONTENT_IMAGES])

    assert len(archive.namelist()) == 19


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (pb.Export(selector=image_pb2.ImageSelector(query="")), "INVALID_ARGUMENT"),
        (pb.Export(contents=[pb.Export.CONTENT_CSV]), "INVALID_ARGUMENT"),
        (
            pb.Export(selector=image_pb2.ImageSelector(query="tag:nobody"), contents=[pb.Export.CONTENT_CSV]),
            "NOTHING_TO_EXPORT",
        ),
    ],
)
async def test_create_export__refused(bench: Bench, message: pb.Export, reason: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Export").CreateExport(
            pb.CreateExportRequest(parent=bench.project, export=message), metadata=bench.who
        )

    assert from_rpc_error(caught.value).reason == reason


async def test_exports__belong_to_their_maker_and_expire(bench: Bench) -> None:
    made, _ = await export(bench, [pb.Export.CONTENT_JSONL])
    stub = bench.stub("Export")
    listed = await stub.ListExports(pb.ListExportsRequest(parent=bench.project), metadata=bench.who)
    with pytest.raises(grpc.aio.AioRpcError) as stranger:
        await stub.DownloadExport(
            pb.DownloadExportRequest(name=made.name), metadata=bench.server.metadata(make_user())
        ).read()
    now = bench.parts.clock.now()
    kept = await expire(bench.parts.stores, bench.parts.objects, now + timedelta(days=6))
    swept = await expire(bench.parts.stores, bench.parts.objects, now + timedelta(days=8))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await stub.GetExport(pb.GetExportRequest(name=made.name), metadata=bench.who)

    assert [one.name for one in listed.exports] == [made.name]
    assert from_rpc_error(stranger.value).reason == "PROJECT_NOT_FOUND"
    assert (kept, swept) == (0, 1)
    assert from_rpc_error(gone.value).reason == "EXPORT_NOT_FOUND"
    assert not [key async for key in bench.parts.objects.list(f"{bench.project}/exports/")]


async def test_delete_export__file_goes_too(bench: Bench) -> None:
    made, _ = await export(bench, [pb.Export.CONTENT_JSONL])
    await bench.stub("Export").DeleteExport(pb.DeleteExportRequest(name=made.name), metadata=bench.who)

    assert not [key async for key in bench.parts.objects.list(f"{bench.project}/exports/")]
