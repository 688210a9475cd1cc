"""Reads tables row by row, so that a million rows need no more memory than ten: CSV and JSON lines."""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from pathlib import Path
from typing import BinaryIO

from loupe_project.domain import spreadsheet
from loupe_project.domain.intake import coco, names, rows
from loupe_project.domain.intake.errors import TableInvalid
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.intake.rows import Cells, Fault, RowOrFault
from loupe_project.domain.text import fold

MAX_LINE_BYTES = 1 << 20
_PIECE_BYTES = 1 << 18


def read_table(
    path: Path, table_name: str, kind: FileKind, max_coco_bytes: int, zone: tzinfo = UTC
) -> Iterator[RowOrFault]:
    """Rows of a metadata or label table of any form; a table that cannot be read at all is one fault of row 0.

    Args:
        path: The file.
        table_name: Its name as it was sent; the ending says CSV or JSON lines.
        kind: METADATA or LABELS.
        max_coco_bytes: Most bytes of a COCO file, which has to be in memory as a whole.
        zone: Where times without a zone are.
    """
    ending = names.base_name(table_name).lower().rpartition(".")[2]
    try:
        if ending in ("csv", "tsv"):
            yield from rows.read_rows(csv_cells(path, table_name), table_name, kind, zone)
        elif ending in ("jsonl", "ndjson"):
            yield from rows.read_rows(json_cells(path, table_name), table_name, kind, zone)
        else:
            yield from coco.read_coco(path, table_name, max_coco_bytes)
    except TableInvalid as error:
        yield Fault(0, error)


def csv_cells(path: Path, table_name: str, key: Sequence[str] = rows.FILE_COLUMNS) -> Cells:
    """Rows of a CSV table by column name. Comma, semicolon and tab are known as separators.

    Args:
        path: The file.
        table_name: What messages call it.
        key: Names that the column may have by which rows name their images; without it the table is of no use.

    Raises:
        TableInvalid: If it is not in UTF-8, UTF-16 or CP949, or its header is of no use.
    """
    with path.open("rb") as raw:
        encoding = detect_encoding(raw, table_name)
        raw.seek(0)
        # Not closed by itself: `raw` closes what it wraps.
        text = io.TextIOWrapper(raw, encoding=encoding, newline="")
        first = text.readline(MAX_LINE_BYTES)
        text.seek(0)
        reader = csv.reader(text, delimiter=max(",;\t", key=first.count), strict=False)
        header = _header(next(reader, []), table_name, key)
        yield from _csv_rows(reader, header, table_name)


def _csv_rows(reader: Iterator[list[str]], header: Sequence[str], table_name: str) -> Cells:
    number = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            number += 1
            yield _row_fault(number, table_name, f"cannot be read ({error})")
            continue
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        number += 1
        if len(row) == len(header):
            yield number, dict(zip(header, map(spreadsheet.unguarded, row), strict=True))
        else:
            yield _row_fault(number, table_name, f"has {len(row)} cells where the header has {len(header)}")


def _header(header: Sequence[str], table_name: str, key: Sequence[str]) -> list[str]:
    columns = [name.strip() for name in header]
    cause = None
    if not any(columns):
        cause = "has no header"
    elif len(columns) > rows.MAX_COLUMNS:
        cause = f"has more than {rows.MAX_COLUMNS} columns"
    elif not rows.has_column(columns, key):
        cause = f"has no column {key[0]}"
    else:
        seen: set[str] = set()
        for column in map(fold, columns):
            if column in seen:
                cause = f"has the column {column!r} twice" if column else "has columns without a name"
            seen.add(column)
    if cause is not None:
        raise TableInvalid(
            f"{table_name!r} {cause}; its first line must name each column once, {key[0]} among them.",
            file_name=table_name,
        )
    return columns


def json_cells(path: Path, table_name: str) -> Cells:
    """Rows of a table of JSON lines: one object a line. A line that is in no known encoding is a fault of its own."""
    with path.open("rb") as file:
        encoding = _encoding_of_lines(file, table_name)
        file.seek(0)
        if encoding is not None:
            yield from _decoded_cells(file, encoding, table_name)
            return
        number = 0
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        while line := file.readline(MAX_LINE_BYTES):
            if not line.strip():
                continue
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                _skip_line(file)
                yield _row_fault(number, table_name, f"is longer than {MAX_LINE_BYTES} bytes")
                continue
            yield _json_row(number, line, table_name)


def _encoding_of_lines(file: BinaryIO, table_name: str) -> str | None:
    """What else than UTF-8 a file of JSON lines is in as a whole."""
    try:
        encoding = detect_encoding(file, table_name)
    except TableInvalid:
        return None
    return None if encoding == "utf-8-sig" else encoding


def _decoded_cells(file: BinaryIO, encoding: str, table_name: str) -> Cells:
    number = 0
    with io.TextIOWrapper(file, encoding=encoding, newline="\n") as text:
        while line := text.readline(MAX_LINE_BYTES):
            if not line.strip():
                continue
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith("\n"):
                while (piece := text.readline(MAX_LINE_BYTES)) and not piece.endswith("\n"):
                    pass
                yield _row_fault(number, table_name, f"is longer than {MAX_LINE_BYTES} characters")
                continue
            yield _json_row(number, line.encode(), table_name)


def _json_row(number: int, line: bytes, table_name: str) -> tuple[int, dict[str, object]] | Fault:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return _row_fault(number, table_name, "is no JSON in UTF-8")
    if not isinstance(row, dict):
        return _row_fault(number, table_name, "is no JSON object")
    if len(row) > rows.MAX_COLUMNS:
        return _row_fault(number, table_name, f"has more than {rows.MAX_COLUMNS} keys")
    return number, row


def _skip_line(file: BinaryIO) -> None:
    while (piece := file.readline(MAX_LINE_BYTES)) and not piece.endswith(b"\n"):
        pass


def detect_encoding(file: BinaryIO, table_name: str) -> str:
    """Name of the encoding that the whole file is valid in, UTF-8 before CP949.

    Raises:
        TableInvalid: If there is none.
    """
    start = file.read(4)
    is_utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    candidates = ["utf-16"] if is_utf16 else ["utf-8-sig", "cp949"]
    for encoding in candidates:
        file.seek(0)
        if _is_valid(file, encoding):
            return encoding
    raise TableInvalid(f"{table_name!r} is neither UTF-8 nor CP949; save it as UTF-8.", file_name=table_name)


def _is_valid(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE_BYTES):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _row_fault(number: int, table_name: str, what: str) -> Fault:
    error = TableInvalid(f"Row {number} of {table_name!r} {what}.", file_name=table_name, row=str(number))
    return Fault(number, error)
