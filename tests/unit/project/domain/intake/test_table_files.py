"""Metadata and label tables."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.intake.rows import Fault, Row, RowOrFault
from loupe_project.domain.intake.table_files import read_table


def _table(
    folder: Path, data: bytes | str, name: str = "metadata.csv", kind: FileKind = FileKind.METADATA
) -> list[RowOrFault]:
    path = folder / "table"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(read_table(path, name, kind, 1 << 20, ZoneInfo("Asia/Seoul")))


def _rows(items: list[RowOrFault]) -> list[Row]:
    return [item for item in items if isinstance(item, Row)]


def _faults(items: list[RowOrFault]) -> list[tuple[int, str]]:
    return [(item.number, item.error.reason) for item in items if isinstance(item, Fault)]


def test_csv__typed_values(tmp_path: Path) -> None:
    items = _table(
        tmp_path,
        "file_name,line,lot,temp,ok,at,tags,label,serial_no\na.png,L1,0042,21.5,true,2026-11-22 09:00,x;y,dent,007\n",
    )
    row = _rows(items)[0]
    assert row.metadata == {"line": "L1", "lot": "0042", "temp": 21.5, "ok": True, "serial_no": "007"}
    assert row.capture_time == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
    assert row.tags == ("x", "y")
    assert row.labels == (NewLabel("dent"),)
    assert _faults(items) == [(0, "TABLE_COLUMN_NEW")] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_csv__encodings(tmp_path: Path, encoding: str) -> None:
    items = _table(tmp_path, "파일명,라인\n불량.png,2호기\n".encode(encoding))
    assert _rows(items) == [Row(1, "불량.png", {"line": "2호기"})]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv__separators(tmp_path: Path, separator: str) -> None:
    items = _table(tmp_path, f"file_name{separator}line\na.png{separator}L1\n")
    assert _rows(items) == [Row(1, "a.png", {"line": "L1"})]


def test_csv__bad_rows_leave_good_ones(tmp_path: Path) -> None:
    items = _table(tmp_path, "file_name,line,at\na.png,L1,\nb.png\nc.png,L1,yesterday\n,L1,\n\nd.png,L2,2026-01-01\n")
    assert [row.file_name for row in _rows(items)] == ["a.png", "d.png"]
    assert _faults(items) == [(2, "TABLE_INVALID"), (3, "TABLE_VALUE_INVALID"), (4, "TABLE_INVALID")]
    assert _rows(items)[1].number == 5


@pytest.mark.parametrize(
    "data",
    ["", "\n", "line,lot\nL1,2\n", "file_name,line,LINE\na,b,c\n", "file_name,,\na,b,c\n",
     b"file_name,x\n\xff\xff\xff,1\n",
     ",".join(f"c{number}" for number in range(600)) + ",file_name\n"],
)  # fmt: skip
def test_csv__unreadable(tmp_path: Path, data: bytes | str) -> None:
    assert _faults(_table(tmp_path, data)) == [(0, "TABLE_INVALID")]


def test_csv__unclosed_quote(tmp_path: Path) -> None:
    items = _table(tmp_path, 'file_name,line\na.png,L1\n"b.png,L1\n' + "x" * 200_000)
    assert [row.file_name for row in _rows(items)] == ["a.png"]
    assert (2, "TABLE_INVALID") in _faults(items)


def test_jsonl__bad_lines_leave_good_ones(tmp_path: Path) -> None:
    lines = [
        '{"file_name": "a.png", "temp": 3}',
        "[1]",
        "{",
        '{"file_name": "b.png", "x": [1]}',
        "",
        '{"file_name": "c.png", "n": NaN}',
        '{"image": "d.png", "tags": ["x", "y"]}',
        "[" * 100_000,
    ]
    items = _table(tmp_path, "\n".join(lines), "metadata.jsonl")
    assert [row.file_name for row in _rows(items)] == ["a.png", "d.png"]
    assert _rows(items)[1].tags == ("x", "y")
    refused = [item.number for item in items if isinstance(item, Fault) and item.is_refusal]
    assert refused == [2, 3, 4, 5, 7]


def test_jsonl__line_without_end(tmp_path: Path) -> None:
    items = _table(
        tmp_path, '{"file_name": "' + "x" * 3_000_000 + '"}\n{"file_name": "a.png", "line": "L1"}', "metadata.jsonl"
    )
    assert [row.file_name for row in _rows(items)] == ["a.png"]
    assert _faults(items) == [(1, "TABLE_INVALID")]


def test_labels__classes_and_boxes(tmp_path: Path) -> None:
    items = _table(
        tmp_path,
        "file_name,label,x,y,width,height\na.png,dent,1,2,3,4\na.png,OK,,,,\nb.png,dent,1,,3,4\nb.png,dent,1,2,nan,4\n"
        "b.png,dent,1,2,0,4\nb.png,,1,2,3,4\n",
        "labels.csv",
        FileKind.LABELS,
    )
    assert [row.labels for row in _rows(items)] == [(NewLabel("dent", Box(1, 2, 3, 4)),), (NewLabel("OK"),)]
    assert _faults(items) == [
        (3, "TABLE_VALUE_INVALID"),
        (4, "TABLE_VALUE_INVALID"),
        (5, "TABLE_VALUE_INVALID"),
        (6, "TABLE_VALUE_INVALID"),
    ]


def test_coco(tmp_path: Path) -> None:
    document = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 7, "name": "crack"}],
        "annotations": [
            {"image_id": 1, "category_id": 7, "bbox": [1, 2, 3, 4]},
            {"image_id": 1, "category_id": 7},
            {"image_id": 2, "category_id": 7},
            {"image_id": 1, "category_id": 8},
            {"image_id": 1, "category_id": 7, "bbox": [1, 2]},
            "text",
        ],
    }
    items = _table(tmp_path, json.dumps(document), "coco.json", FileKind.LABELS)
    assert [row.labels for row in _rows(items)] == [(NewLabel("crack", Box(1, 2, 3, 4)),), (NewLabel("crack"),)]
    assert [number for number, _ in _faults(items)] == [3, 4, 5, 6]


@pytest.mark.parametrize("data", ["{", "[]", '{"images": 3}', '{"images": [], "annotations": 3}', '{"a": ' * 100_000])
def test_coco__unreadable(tmp_path: Path, data: str) -> None:
    assert _faults(_table(tmp_path, data, "coco.json", FileKind.LABELS)) == [(0, "TABLE_INVALID")]


def test_coco__too_large(tmp_path: Path) -> None:
    assert _faults(_table(tmp_path, " " * (2 << 20), "coco.json", FileKind.LABELS)) == [(0, "TABLE_INVALID")]
