"""Metadata of many images in both databases: set, removed, renamed, undone, cut off; from tables that come later."""

import io
import json
import random
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loupe.project.v1.metadata_service_pb2 import ImportMetadataResponse, ModifyImageMetadataResponse
from loupe.project.v1.operation_service_pb2 import UndoOperationResponse
from loupe_kit import ids
from loupe_kit.errors import InvalidArgument
from loupe_project.adapters.export.rows import row_of
from loupe_project.adapters.export.tables import RowSpool, write_csv
from loupe_project.domain.errors import OperationCancelled
from loupe_project.domain.history import Fact
from loupe_project.domain.image import MAX_METADATA_KEYS
from loupe_project.domain.intake.errors import FileTypeUnknown, TableInvalid
from loupe_project.domain.metadata_table import TableKey, repeated_rows
from loupe_project.use_cases import import_metadata, modify_image_metadata, undo_operation
from loupe_project.use_cases.update_image import ImageChanges, update_image
from tests.contract.ports.project.builders import NOW, Units, add_images, add_project, details, make_image
from tests.integration.project.changes.harness import Bulk, Killed


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (modify_image_metadata, import_metadata, undo_operation):
        monkeypatch.setattr(module, "_PIECE", 3)
    monkeypatch.setattr(import_metadata, "_CHECKED", 4)


async def make_bulk(units: Units, count: int, **metadata: str | float) -> tuple[Bulk, list[str]]:
    """A project with images a0.png, a1.png and so on, in the order of their ids."""
    project = await add_project(units)
    image_ids = sorted(ids.new_id() for _ in range(count))
    images = [
        make_image(project, id=one, file_name=f"line3/a{number}.png", metadata={**metadata, "serial": f"S{number:03}"})
        for number, one in enumerate(image_ids)
    ]
    await add_images(units, project, *images)
    return Bulk(units, project), image_ids


async def test_modify__sets_removes_and_renames(units: Units) -> None:
    bulk, images = await make_bulk(units, 5, Line="L1", temperature=20.0, old="x")
    await bulk.run(await bulk.change_metadata(images[:1], {"new": "there"}))
    operation = await bulk.change_metadata(
        images, {"line": "L2", "ok": True, "at": "2026-11-22"}, remove=("TEMPERATURE", "never"), rename={"OLD": "new"}
    )

    response = await bulk.run(operation)

    assert response == ModifyImageMetadataResponse(image_count=5, changed_count=5, skipped_count=1)
    common = {"line": "L2", "ok": True, "at": "2026-11-22"}
    assert await bulk.metadata_of(images[0]) == {**common, "old": "x", "new": "there", "serial": "S000"}
    assert await bulk.metadata_of(images[1]) == {**common, "new": "x", "serial": "S001"}
    assert {"line:L2"} == {one for one in await bulk.auto_tags_of(images[1]) if one.startswith("line:")}
    assert len([one for one in await bulk.history(images[1]) if one.change.id == operation.id]) == 6
    again = await bulk.run(await bulk.change_metadata(images, {"LINE": "L2"}))
    assert again == ModifyImageMetadataResponse(image_count=5)


async def test_modify__undone_as_far_as_nobody_changed_it_since(units: Units) -> None:
    bulk, images = await make_bulk(units, 4, Line="L1", temperature=20.5)
    before = [await bulk.metadata_of(one) for one in images]
    operation = await bulk.change_metadata(images, {"line": "L2", "ok": True}, rename={"temperature": "t"})
    await bulk.run(operation)
    async with units() as unit:
        by_hand = ImageChanges({"line": "L9"}, keys=["line"])
        await update_image(unit, bulk.owner, bulk.project.id, images[3], by_hand, bulk.clock.now())
        await unit.commit()

    response = await bulk.undo(operation)

    assert response == UndoOperationResponse(image_count=4, reverted_count=15, kept_count=1)
    assert [await bulk.metadata_of(one) for one in images[:3]] == before[:3]
    assert await bulk.metadata_of(images[3]) == {**{k: v for k, v in before[3].items() if k != "Line"}, "line": "L9"}
    assert "line:L1" in await bulk.auto_tags_of(images[0])
    assert "line:L9" in await bulk.auto_tags_of(images[3])


@pytest.mark.parametrize("dies_at", range(3))
async def test_modify__killed_and_resumed(units: Units, dies_at: int) -> None:
    bulk, images = await make_bulk(units, 8)
    operation = await bulk.change_metadata(images, {"lot": 17.0})

    with pytest.raises(Killed):
        await bulk.run(operation, dies_at=dies_at)

    assert await bulk.run(operation) == ModifyImageMetadataResponse(image_count=8, changed_count=8)
    for one in images:
        assert (await bulk.metadata_of(one))["lot"] == 17.0
        assert len(await bulk.history(one)) == 1
        assert "lot:17" in await bulk.auto_tags_of(one)


async def test_modify__leaves_images_alone_that_would_have_too_many_keys(units: Units) -> None:
    bulk, images = await make_bulk(units, 2)
    many: dict[str, str | float | bool] = {f"k{number}": 1.0 for number in range(MAX_METADATA_KEYS - 1)}
    async with units() as unit:
        await unit.images.put_metadata(bulk.project.id, {images[0]: many}, NOW, replace=False)
        await unit.commit()

    response = await bulk.run(await bulk.change_metadata(images, {"one": "more", "k0": 2.0}))

    assert response == ModifyImageMetadataResponse(image_count=2, changed_count=1, skipped_count=1)
    assert (await bulk.metadata_of(images[0]))["k0"] == 1.0


@pytest.mark.parametrize(
    ("values", "remove", "rename"),
    [
        ({}, (), {}),
        ({"a": 1.0}, ("A",), {}),
        ({}, ("a",), {"a": "b"}),
        ({}, (), {"a": "A"}),
        ({" ": 1.0}, (), {}),
        ({"k" * 101: 1.0}, (), {}),
        ({f"k{number}": 1.0 for number in range(101)}, (), {}),
    ],
)
def test_wish__refused(values: dict[str, float], remove: tuple[str, ...], rename: dict[str, str]) -> None:
    with pytest.raises(InvalidArgument):
        modify_image_metadata.checked_wish(values, remove, rename)


async def test_update_image__is_in_the_history(units: Units) -> None:
    bulk, (image,) = await make_bulk(units, 1, line="L1")
    taken = datetime(2026, 3, 1, tzinfo=UTC)
    async with units() as unit:
        changes = ImageChanges({"lot": 17.0}, replaces_metadata=True, sets_capture_time=True, capture_time=taken)
        await update_image(unit, bulk.owner, bulk.project.id, image, changes, bulk.clock.now())
        await unit.commit()

    lines = {(one.alteration.fact, one.alteration.subject): one for one in await bulk.history(image)}
    assert set(lines) == {
        (Fact.METADATA, "line"),
        (Fact.METADATA, "lot"),
        (Fact.METADATA, "serial"),
        (Fact.CAPTURE_TIME, ""),
    }
    line = lines[Fact.METADATA, "line"]
    assert json.loads(line.alteration.old or "") == {"key": "line", "value": "L1"}
    assert (line.alteration.new, line.change.kind, line.change.creator) == (None, "UPDATE_IMAGE", bulk.owner.principal)
    assert "month:2026-03" in await bulk.auto_tags_of(image)


def packed(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


KOREAN = "파일명;라인;작업자;촬영시각\nline3/a0.png;L7;김철수;2026-03-01 08:30\nA1.PNG;L8;;\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949", "euc-kr"])
async def test_import__reads_what_plant_computers_write(units: Units, encoding: str) -> None:
    bulk, images = await make_bulk(units, 3, line="L1")

    response = await bulk.run(await bulk.import_table(KOREAN.encode(encoding)))

    assert response == ImportMetadataResponse(applied=True, row_count=2, image_count=2, changed_count=2)
    assert await bulk.metadata_of(images[0]) == {"line": "L7", "작업자": "김철수", "serial": "S000"}
    assert await bulk.metadata_of(images[1]) == {"line": "L8", "serial": "S001"}
    assert "line:L7" in await bulk.auto_tags_of(images[0])
    assert "month:2026-03" in await bulk.auto_tags_of(images[0])
    assert bulk.files.files == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp949"])
async def test_import__json_lines(units: Units, encoding: str) -> None:
    bulk, images = await make_bulk(units, 2)
    lines = [{"file_name": "a0.png", "작업자": "김철수", "t": 20.5, "ok": True, "tags": ["확인", "x"]}]
    content = "\n".join(json.dumps(one, ensure_ascii=False) for one in lines).encode(encoding)

    response = await bulk.run(await bulk.import_table(packed("in/late.jsonl", content), "late.zip"))

    assert response.applied
    assert await bulk.metadata_of(images[0]) == {"작업자": "김철수", "t": 20.5, "ok": True, "serial": "S000"}
    assert set(await bulk.tags_of(images[0])) == {"확인", "x"}


async def test_import__by_hash_and_by_serial(units: Units) -> None:
    bulk, images = await make_bulk(units, 2)
    sha256 = (await details(units, bulk.project, images[1])).image.sha256.upper()
    by_hash = f"sha256,file_name,grade\n{sha256},elsewhere.png,A\n".encode()
    by_serial = b"serial,grade\ns000,B\n"

    assert (await bulk.run(await bulk.import_table(by_hash, key=TableKey.SHA256))).applied
    assert (await bulk.run(await bulk.import_table(by_serial, key=TableKey.SERIAL))).applied

    assert await bulk.metadata_of(images[1]) == {"grade": "A", "serial": "S001"}
    assert await bulk.metadata_of(images[0]) == {"grade": "B", "serial": "S000"}


BAD = b"file_name,lot,capture_time\na0.png,1,\nnowhere.png,2,\na1.png,3,yesterday\na0.png,4,\na2.png,5\na3.png,6,\n"


async def test_import__bad_rows_keep_all_from_being_applied(units: Units) -> None:
    bulk, images = await make_bulk(units, 4)

    response = await bulk.run(await bulk.import_table(BAD))

    assert (response.applied, response.row_count, response.image_count, response.refused_count) == (False, 6, 2, 4)
    assert [(one.row, _reason(one)) for one in response.faults] == [
        (2, "TABLE_FILE_UNKNOWN"),
        (3, "TABLE_VALUE_INVALID"),
        (4, "TABLE_ROW_REPEATED"),
        (5, "TABLE_INVALID"),
    ]
    assert [await bulk.metadata_of(one) for one in images] == [{"serial": f"S00{number}"} for number in range(4)]
    assert await bulk.history(images[0]) == []


def _reason(fault: ImportMetadataResponse.Fault) -> str:
    from google.rpc.error_details_pb2 import ErrorInfo

    info = ErrorInfo()
    assert any(one.Unpack(info) for one in fault.status.details)
    return info.reason


async def test_import__good_rows_alone_and_undone(units: Units) -> None:
    bulk, images = await make_bulk(units, 4)
    operation = await bulk.import_table(BAD, apply_good_rows=True)

    response = await bulk.run(operation)

    assert (response.applied, response.changed_count, response.refused_count) == (True, 2, 4)
    assert [(await bulk.metadata_of(one)).get("lot") for one in images] == ["1", None, None, "6"]
    assert await bulk.undo(operation) == UndoOperationResponse(image_count=2, reverted_count=2)
    assert [(await bulk.metadata_of(one)).get("lot") for one in images] == [None] * 4


async def test_import__only_checked(units: Units) -> None:
    bulk, images = await make_bulk(units, 1)

    response = await bulk.run(await bulk.import_table(b"file_name,lot\na0.png,1\n", validate_only=True))

    assert response == ImportMetadataResponse(row_count=1, image_count=1)
    assert await bulk.metadata_of(images[0]) == {"serial": "S000"}


@pytest.mark.parametrize("dies_at", range(3))
async def test_import__killed_and_resumed(units: Units, dies_at: int) -> None:
    bulk, images = await make_bulk(units, 8)
    rows = [f"a{number}.png,{number}\n" for number in range(8)]
    operation = await bulk.import_table("".join(["file_name,lot\n", *rows]).encode())

    with pytest.raises(Killed):
        await bulk.run(operation, dies_at=dies_at)

    assert (await bulk.run(operation)).changed_count == 8
    assert [(await bulk.metadata_of(one))["lot"] for one in images] == [str(number) for number in range(8)]
    assert [len(await bulk.history(one)) for one in images] == [1] * 8


@pytest.mark.parametrize(
    ("content", "name", "fault"),
    [
        (b"lot\n1\n", "late.csv", TableInvalid),
        (b"\xff\xff\xff\n", "late.csv", TableInvalid),
        (b"x", "late.xlsx", FileTypeUnknown),
        (packed("a.txt", b"x"), "late.zip", TableInvalid),
    ],
)
async def test_import__a_table_of_no_use(units: Units, content: bytes, name: str, fault: type[Exception]) -> None:
    bulk, _ = await make_bulk(units, 1)

    with pytest.raises(fault):
        await bulk.run(await bulk.import_table(content, name))

    assert bulk.files.files == {}


def test_repeated_rows__as_a_dictionary_finds_them() -> None:
    draw = random.Random(7)
    known = [bytes(16), *(draw.randbytes(16) for _ in range(20)), bytes(15) + b"\x01", b"\x01" + bytes(15)]
    for count in (0, 1, 2, 200):
        rows = [draw.choice(known) for _ in range(count)]
        first: dict[bytes, int] = {}
        expected = [
            (number, first[one])
            for number, one in enumerate(rows)
            if one != bytes(16) and first.setdefault(one, number) != number
        ]

        assert repeated_rows(b"".join(rows)) == expected


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
async def test_import__gives_back_what_an_export_wrote(units: Units, tmp_path: Path, ending: str) -> None:
    bulk, images = await make_bulk(units, 3)
    values: dict[str, str | float | bool] = {
        "line": "L1", "temperature": 20.25, "lot": "007", "작업자": '김철수, "반장"', "ok": False,
        "note": "=1+1\nnext", "when": "2026-11-22T08:30:00Z", "tiny": 1e-7,
    }  # fmt: skip
    await bulk.run(await bulk.change_metadata(images, values))
    before = [await bulk.metadata_of(one) for one in images]
    spool = RowSpool(tmp_path / "rows.jsonl")
    spool.write([row_of(await details(units, bulk.project, one), "images/x.png") for one in images])
    spool.close()
    write_csv(spool, tmp_path / "table.csv")
    await bulk.run(await bulk.change_metadata(images, remove=tuple(values)))

    exported = tmp_path / ("table.csv" if ending == "csv" else "rows.jsonl")
    operation = await bulk.import_table(exported.read_bytes(), exported.name, key=TableKey.SHA256)
    response = await bulk.run(operation)

    assert (response.applied, response.changed_count, response.refused_count) == (True, 3, 0)
    assert [await bulk.metadata_of(one) for one in images] == before


async def test_import__stopped_by_somebody_forgets_its_table(units: Units) -> None:
    bulk, images = await make_bulk(units, 8)
    rows = [f"a{number}.png,{number}\n" for number in range(8)]
    operation = await bulk.import_table("".join(["file_name,lot\n", *rows]).encode())

    with pytest.raises(OperationCancelled):
        await bulk.run(operation, is_cancelled=True)

    assert bulk.files.files == {}
    assert [(await bulk.metadata_of(one)).get("lot") for one in images] == [None] * 8
