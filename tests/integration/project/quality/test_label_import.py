"""Files of labels come in and go out again as they were."""

import csv
import io
import zipfile
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.error_details_pb2 import ErrorInfo

from loupe.project.v1 import (
    export_service_pb2,
    export_service_pb2_grpc,
    image_pb2,
    operation_service_pb2,
    search_service_pb2,
    search_service_pb2_grpc,
)
from loupe.project.v1 import label_service_pb2 as pb
from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.scope import Scope
from tests.integration.project.conftest import Project, reason_of

LABELS = {
    "line3/a.png": (
        NewLabel("NG"),
        NewLabel("dent", Box(10.123456, 20.5, 33.3, 40)),
        NewLabel("dent", Box(1, 2, 3, 4)),
    ),
    "b.png": (NewLabel("긁힘 <&> 'x'", Box(0, 0, 300, 200)),),
    "c.png": (NewLabel("OK"),),
    "empty.png": (),
}
Labels = dict[str, set[tuple[Any, ...]]]


async def make_project(project: Project, labels: dict[str, tuple[NewLabel, ...]]) -> str:
    made = await project.make_project()
    for name, some in labels.items():
        await project.add_image(made.name, file_name=name, labels=some, sha256=_sha(name))
    return made.name


def _sha(name: str) -> str:
    return name.encode().hex().ljust(64, "0")[:64]


async def labels_of(project: Project, parent: str, digits: int = 6) -> Labels:
    """Labels of all images by the name of the file, with numbers of so many significant digits."""
    async with project.parts.stores(read_only=True) as store:
        loupe = Scope.of_loupe()
        found = await store.projects.get(loupe, parent.rpartition("/")[2])
        assert found is not None
        image_ids = await store.search.ids(loupe, found, "")
        details = await store.images.details(loupe, found.id, image_ids)
    return {
        one.image.file_name: {
            (label.display_name, *(f"{side:.{digits}g}" for side in _sides(label.box))) for label in one.labels
        }
        for one in details
    }


def _sides(box: Box | None) -> tuple[float, ...]:
    return (box.x, box.y, box.width, box.height) if box else ()


async def export(
    project: Project, parent: str, *contents: export_service_pb2.Export.Content.ValueType
) -> zipfile.ZipFile:
    stub = export_service_pb2_grpc.ExportServiceStub(project.server.channel)
    wanted = export_service_pb2.Export(selector=image_pb2.ImageSelector(query=""), contents=contents)
    request = export_service_pb2.CreateExportRequest(parent=parent, export=wanted)
    asked = await stub.CreateExport(request, metadata=project.by(project.ada))
    done = await project.finished(asked.name)
    made = export_service_pb2.Export()
    done.response.Unpack(made)
    download = export_service_pb2.DownloadExportRequest(name=made.name)
    pieces = [piece.data async for piece in stub.DownloadExport(download, metadata=project.by(project.ada))]
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def part(archive: zipfile.ZipFile, folder: str) -> bytes:
    """Some of an archive as an archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        for name in archive.namelist():
            if name.startswith(folder):
                out.writestr(name, archive.read(name))
    return target.getvalue()


async def bring(
    project: Project, parent: str, file_name: str, content: bytes, **fields: Any
) -> pb.ImportLabelsResponse:
    request = pb.ImportLabelsRequest(parent=parent, file_name=file_name, content=content, **fields)
    asked = await project.labels.ImportLabels(iter([request]), metadata=project.by(project.ada))
    done = await project.finished(asked.name)
    assert done.WhichOneof("result") == "response", done.error
    answer = pb.ImportLabelsResponse()
    assert done.response.Unpack(answer)
    return answer


FORMS = {
    "labels.csv": (export_service_pb2.Export.CONTENT_LABELS, "labels.csv", True),
    "coco": (export_service_pb2.Export.CONTENT_COCO, "coco/labels.json", True),
    "yolo": (export_service_pb2.Export.CONTENT_YOLO, "yolo/", False),
    "voc": (export_service_pb2.Export.CONTENT_VOC, "voc/", False),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("replace", [False, True])
async def test_round_trip__what_went_out_comes_in_as_it_was(project: Project, form: str, *, replace: bool) -> None:
    content, entry, has_classes = FORMS[form]
    source = await make_project(project, LABELS)
    archive = await export(project, source, content)
    data = part(archive, entry) if entry.endswith("/") else archive.read(entry)
    stale = NewLabel("stale", Box(5, 5, 5, 5))
    target = await make_project(project, dict.fromkeys(LABELS, (stale,) if replace else ()))

    report = await bring(project, target, entry.rpartition("/")[2] or "labels.zip", data, replace=replace)
    again = await bring(project, target, entry.rpartition("/")[2] or "labels.zip", data, replace=replace)

    assert report.applied
    assert not report.refused_count, report.faults
    assert again.label_count == report.label_count
    # YOLO has shares of nine digits: enough for a thousandth of a pixel.
    digits = 5 if form == "yolo" else 6
    expected = await labels_of(project, source, digits)
    if not has_classes:
        expected = {name: {one for one in some if len(one) > 1} for name, some in expected.items()}
    assert await labels_of(project, target, digits) == expected


@pytest.mark.parametrize(
    ("key", "column"), [(pb.ImportLabelsRequest.KEY_SHA256, "sha256"), (pb.ImportLabelsRequest.KEY_ID, "image")]
)
async def test_import__images_named_by_hash_or_id(
    project: Project, key: pb.ImportLabelsRequest.Key.ValueType, column: str
) -> None:
    parent = await make_project(project, LABELS)
    archive = await export(project, parent, export_service_pb2.Export.CONTENT_LABELS)
    rows = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode("utf-8-sig"))))
    table = f"label,{column}\n" + "".join(f"good,{row[column]}\n" for row in rows)

    report = await bring(project, parent, "t.csv", table.encode(), key=key)

    assert (report.applied, report.image_count, report.refused_count) == (True, 4, 0)
    found = await labels_of(project, parent)
    assert all(("good",) in some for some in found.values())


BAD = "file_name,label,x,y,width,height\nb.png,OK,,,,\nno.png,NG,,,,\nb.png,dent,290,10,20,20\nb.png,dent,1,x,2,3\n"


async def test_import__one_bad_row_and_nothing_is_applied(project: Project) -> None:
    parent = await make_project(project, {"b.png": ()})

    report = await bring(project, parent, "labels.csv", BAD.encode())

    assert not report.applied
    assert [(one.file_name, one.row) for one in report.faults] == [
        ("labels.csv", 2),
        ("labels.csv", 3),
        ("labels.csv", 4),
    ]
    assert [_reason(one) for one in report.faults] == ["TABLE_FILE_UNKNOWN", "BOX_OUTSIDE_IMAGE", "TABLE_VALUE_INVALID"]
    assert await labels_of(project, parent) == {"b.png": set()}


async def test_import__good_rows_on_request_and_a_check_alone(project: Project) -> None:
    parent = await make_project(project, {"b.png": ()})

    checked = await bring(project, parent, "labels.csv", BAD.encode(), apply_good_rows=True, validate_only=True)
    assert (checked.applied, checked.label_count, checked.refused_count) == (False, 1, 3)
    assert await labels_of(project, parent) == {"b.png": set()}

    applied = await bring(project, parent, "labels.csv", BAD.encode(), apply_good_rows=True)
    assert (applied.applied, applied.image_count, applied.refused_count) == (True, 1, 3)
    assert await labels_of(project, parent) == {"b.png": {("OK",)}}


async def test_import__korean_table_of_a_plant_pc(project: Project) -> None:
    parent = await make_project(project, {"사진.png": ()})

    await bring(project, parent, "라벨.csv", "파일명,라벨\n사진.png,양품\n".encode("cp949"))

    assert await labels_of(project, parent) == {"사진.png": {("양품",)}}


async def test_import__ambiguous_last_part_of_a_name(project: Project) -> None:
    parent = await make_project(project, {"one/a.png": (), "two/a.png": (), "two/b.png": ()})

    report = await bring(project, parent, "l.csv", b"file_name,label\na.png,OK\nb.png,OK\n", apply_good_rows=True)

    assert [one.row for one in report.faults] == [1]
    assert (await labels_of(project, parent))["two/b.png"] == {("OK",)}


@pytest.mark.parametrize(
    ("file_name", "content", "reason"),
    [
        ("labels.json", b"[]", "TABLE_INVALID"),
        ("labels.txt", b"0 0.5 0.5 0.1 0.1", "FILE_TYPE_UNKNOWN"),
        ("labels.zip", b"PK\x03\x04 cut short", "ARCHIVE_DAMAGED"),
        ("labels.csv", b"\xff\xfe\x00", "TABLE_INVALID"),
    ],
)
async def test_import__a_file_that_cannot_be_read_fails_the_operation(
    project: Project, file_name: str, content: bytes, reason: str
) -> None:
    parent = await make_project(project, {"b.png": ()})
    request = pb.ImportLabelsRequest(parent=parent, file_name=file_name, content=content)

    done = await project.labels.ImportLabels(iter([request]), metadata=project.by(project.ada))
    done = await project.finished(done.name)

    assert done.WhichOneof("result") == "error"
    assert reason in str(done.error)


async def test_import__xml_that_stands_for_something_else_is_refused(project: Project) -> None:
    parent = await make_project(project, {"b.png": ()})
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>'

    report = await bring(project, parent, "b.xml", bomb)

    assert not report.applied
    assert [(one.row, _reason(one)) for one in report.faults] == [(0, "TABLE_INVALID")]


async def test_import__is_undone_as_one_operation(project: Project) -> None:
    parent = await make_project(project, LABELS)
    before = await labels_of(project, parent)
    request = pb.ImportLabelsRequest(
        parent=parent, file_name="l.csv", content=b"file_name,label\nb.png,OK\nc.png,NG\n", replace=True
    )
    asked = await project.labels.ImportLabels(iter([request]), metadata=project.by(project.ada))
    await project.finished(asked.name)
    assert (await labels_of(project, parent))["b.png"] == {("OK",)}

    undoing = await project.operations.UndoOperation(
        operation_service_pb2.UndoOperationRequest(name=asked.name), metadata=project.by(project.ada)
    )
    await project.finished(undoing.name)

    assert await labels_of(project, parent) == before


async def test_modify__class_of_many_and_back(project: Project) -> None:
    parent = await make_project(project, LABELS)
    before = await labels_of(project, parent)
    request = pb.ModifyImageLabelsRequest(
        parent=parent, selector=image_pb2.ImageSelector(query="name:*.png"), display_name="정상", clear_boxes=True
    )
    asked = await project.labels.ModifyImageLabels(request, metadata=project.by(project.ada))
    done = await project.finished(asked.name)
    answer = pb.ModifyImageLabelsResponse()
    done.response.Unpack(answer)

    assert (answer.image_count, answer.changed_count) == (4, 4)
    assert set(map(frozenset, (await labels_of(project, parent)).values())) == {frozenset({("정상",)})}
    # What somebody changes since stays as he wants it.
    kept = next(one for one in await images_of(project, parent) if one.file_name == "c.png")
    await project.labels.CreateLabel(
        pb.CreateLabelRequest(parent=kept.name, label=image_pb2.Label(display_name="burr")),
        metadata=project.by(project.ada),
    )
    undoing = await project.operations.UndoOperation(
        operation_service_pb2.UndoOperationRequest(name=asked.name), metadata=project.by(project.ada)
    )
    await project.finished(undoing.name)
    assert await labels_of(project, parent) == before | {"c.png": {("burr",)}}


async def test_update_label__class_and_box(project: Project) -> None:
    parent = await make_project(project, {"b.png": LABELS["b.png"]})
    (image,) = await images_of(project, parent)
    (label,) = image.labels
    changed = image_pb2.Label(
        name=label.name, display_name="dent", box=image_pb2.BoundingBox(x=1, y=2, width=3, height=4)
    )

    both = await project.labels.UpdateLabel(
        pb.UpdateLabelRequest(label=changed, update_mask=FieldMask(paths=["display_name", "box"])),
        metadata=project.by(project.ada),
    )
    changed.box.x = 400
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.labels.UpdateLabel(
            pb.UpdateLabelRequest(label=changed, update_mask=FieldMask(paths=["box"])),
            metadata=project.by(project.ada),
        )

    assert (both.name, both.display_name, both.box.x) == (label.name, "dent", 1)
    assert reason_of(refusal.value) == "BOX_OUTSIDE_IMAGE"
    assert await labels_of(project, parent) == {"b.png": {("dent", "1", "2", "3", "4")}}


async def images_of(project: Project, parent: str) -> list[image_pb2.Image]:
    search = search_service_pb2_grpc.SearchServiceStub(project.server.channel)
    request = search_service_pb2.SearchImagesRequest(parent=parent)
    return list((await search.SearchImages(request, metadata=project.by(project.ada))).images)


def _reason(fault: pb.ImportLabelsResponse.Fault) -> str:
    for detail in fault.status.details:
        info = ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    raise AssertionError("the fault has no reason")
