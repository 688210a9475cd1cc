"""Rows of metadata and label tables: what a column means, and what a row says about its image."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from math import isfinite

from loupe_kit.errors import LoupeError
from loupe_project.domain.auto_tags import WELL_KNOWN_KEYS
from loupe_project.domain.export import RESULT_PREFIX
from loupe_project.domain.image import Box, MetadataValue, NewLabel
from loupe_project.domain.intake import values
from loupe_project.domain.intake.errors import TableColumnNew, TableInvalid, TableValueInvalid
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.text import fold

MAX_COLUMNS = 500
MAX_KEY_CHARS = 100
MAX_LABEL_CHARS = 200
MAX_TAG_CHARS = 200

FILE_COLUMNS = ("file_name", "file", "filename", "image", "path", "name", "파일명", "파일", "이미지")
SHA256_COLUMNS = ("sha256", f"{RESULT_PREFIX}sha256")
SERIAL_COLUMNS = ("serial", "시리얼")
_LABEL = ("label", "truth", "ground_truth", "라벨", "정답")
_TIME = ("capture_time", "captured_at", "at", "촬영시각", "촬영일시")
_TAGS = ("tags", "태그")
_KOREAN = {
    "라인": "line", "공정": "station", "카메라": "camera", "로트": "lot", "시리얼": "serial", "레시피": "recipe",
    "판정": "verdict", "제품": "product",
}  # fmt: skip
_BOX = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says about one image."""

    number: int
    """From 1, the header not counted."""
    file_name: str
    """What names the image: its file, unless the table was read by another key."""
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    tags: Sequence[str] = ()
    labels: Sequence[NewLabel] = ()
    capture_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, or worth knowing about the table."""

    number: int
    """Row from 1; 0 for the whole table."""
    error: LoupeError
    is_refusal: bool = True


RowOrFault = Row | Fault
Cells = Iterator[tuple[int, Mapping[str, object]] | Fault]
"""Row number with its cells by column name, or what is wrong with it."""


def read_rows(
    cells: Cells, table_name: str, kind: FileKind, zone: tzinfo = UTC, key: Sequence[str] = FILE_COLUMNS
) -> Iterator[RowOrFault]:
    """Rows of a table. New columns are told once each, and then kept as metadata.

    Args:
        cells: The table's rows, in order.
        table_name: What messages call it.
        kind: METADATA or LABELS; only label tables have boxes.
        zone: Where times without a zone are.
        key: Names that the column may have by which rows name their images.
    """
    told: set[str] = set()
    names: tuple[str, ...] = ()
    columns = _Columns.of({}, key, with_boxes=False)
    for item in cells:
        if isinstance(item, Fault):
            yield item
            continue
        number, row = item
        if tuple(row) != names:
            # Of a CSV table all rows have the same ones.
            names = tuple(row)
            columns = _Columns.of(row, key, with_boxes=kind is FileKind.LABELS)
        for column in columns.new:
            if column not in told and len(told) < MAX_COLUMNS:
                told.add(column)
                yield _new_column(column, table_name)
        try:
            yield columns.row(number, row, table_name, zone)
        except LoupeError as error:
            yield Fault(number, error)


def _new_column(column: str, table_name: str) -> Fault:
    # As a query asks for it.
    key = f"meta.{column}" if column.replace("_", "").isalnum() else f'meta."{column}"'
    message = f"Column {column!r} of {table_name!r} is not a well-known one; it is kept as {key}."
    return Fault(0, TableColumnNew(message, file_name=table_name, column=column), is_refusal=False)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column means what; keys are the names as they stand in the table."""

    key: str
    """What the column that names images should be called."""
    file: str | None
    label: str | None
    time: str | None
    tags: str | None
    box: tuple[str, ...]
    known: Mapping[str, str]
    new: tuple[str, ...]

    @classmethod
    def of(cls, columns: Mapping[str, object], key: Sequence[str], *, with_boxes: bool) -> "_Columns":
        folded = {fold(name.strip()): name for name in columns}
        first = {role: _first(folded, words) for role, words in {"file": key, **_ROLES}.items()}
        box = tuple(folded[word] for word in _BOX if word in folded) if with_boxes else ()
        # The file's name beside another key says nothing about the image.
        taken = {*first.values(), *box, _first(folded, FILE_COLUMNS)}
        rest = [name for name in columns if name not in taken and not fold(name.strip()).startswith(RESULT_PREFIX)]
        known = {name: word for name in rest if (word := _well_known(fold(name.strip()))) is not None}
        new = tuple(name for name in rest if name not in known)
        return cls(key[0], first["file"], first["label"], first["time"], first["tags"], box, known, new)

    def row(self, number: int, cells: Mapping[str, object], table: str, zone: tzinfo) -> Row:
        """One row.

        Raises:
            TableInvalid: If it names no image.
            TableValueInvalid: If a value is not what its column holds.
        """
        file_name = _text(cells.get(self.file)) if self.file else ""
        if not file_name:
            what = "file" if self.key == FILE_COLUMNS[0] else "image"
            raise TableInvalid(
                f"Row {number} of {table!r} names no {what}; fill its {self.key} column.",
                file_name=table,
                row=str(number),
            )
        return Row(
            number=number,
            file_name=file_name,
            metadata=self._metadata(number, cells),
            tags=_tags(number, self.tags, cells),
            labels=self._labels(number, cells),
            capture_time=self._time(number, cells, zone),
        )

    def _metadata(self, number: int, cells: Mapping[str, object]) -> dict[str, MetadataValue]:
        metadata: dict[str, MetadataValue] = {}
        for name, key in self.known.items():
            text = _text(cells[name])
            if text:
                metadata[key] = text[: values.MAX_TEXT_CHARS]
        for name in self.new:
            value = _value(number, name, cells[name])
            if value is not None:
                metadata[_key(number, name)] = value
        return metadata

    def _labels(self, number: int, cells: Mapping[str, object]) -> tuple[NewLabel, ...]:
        text = _text(cells.get(self.label)) if self.label else ""
        if len(text) > MAX_LABEL_CHARS:
            raise _bad_value(number, self.label or "", f"is longer than {MAX_LABEL_CHARS} characters")
        filled = [name for name in self.box if _text(cells[name])]
        if not text:
            if filled:
                raise _bad_value(number, "label", "is empty, but there is a box")
            return ()
        if not filled:
            return (NewLabel(text),)
        if len(filled) < len(_BOX):
            raise _bad_value(number, filled[0], "is part of a box without all of x, y, width, height")
        return (NewLabel(text, box_of(number, [(name, cells[name]) for name in self.box])),)

    def _time(self, number: int, cells: Mapping[str, object], zone: tzinfo) -> datetime | None:
        text = _text(cells.get(self.time)) if self.time else ""
        if not text:
            return None
        try:
            return values.parse_time(text, zone)
        except ValueError as error:
            raise _bad_value(
                number, self.time or "", f"is no time ({text[:40]!r}); write 2026-11-22T08:30:00Z"
            ) from error


_ROLES = {"label": _LABEL, "time": _TIME, "tags": _TAGS}


def has_column(columns: Sequence[str], key: Sequence[str]) -> bool:
    """Whether one of the columns has one of these names."""
    return any(fold(name.strip()) in key for name in columns)


def box_of(number: int, sides: Sequence[tuple[str, object]]) -> Box:
    """A box from x, y, width, height, each with its column's name.

    Raises:
        TableValueInvalid: If one is no number, negative, or the box has no area.
    """
    given: list[float] = []
    for name, cell in sides:
        try:
            value = float(_text(cell))
        except ValueError as error:
            raise _bad_value(number, name, f"is no number ({_text(cell)[:40]!r})") from error
        if not isfinite(value) or value < 0 or (value == 0 and len(given) >= 2):
            raise _bad_value(number, name, "is outside what a box can have")
        given.append(value)
    return Box(*given)


def _first(folded: Mapping[str, str], words: Sequence[str]) -> str | None:
    return next((folded[word] for word in words if word in folded), None)


def _well_known(name: str) -> str | None:
    return name if name in WELL_KNOWN_KEYS else _KOREAN.get(name)


def _text(cell: object) -> str:
    """A cell as text; numbers of JSON as they are written."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell).strip()


def _value(number: int, column: str, cell: object) -> MetadataValue | None:
    if isinstance(cell, str):
        return values.typed(cell)
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float) and isfinite(cell):
        return float(cell)
    raise _bad_value(number, column, "is a list or an object; give a text, a number or a truth value")


def _key(number: int, column: str) -> str:
    key = column.strip()
    if not key or len(key) > MAX_KEY_CHARS:
        raise _bad_value(number, column[:40], f"has a name that is empty or longer than {MAX_KEY_CHARS} characters")
    return key


def _tags(number: int, column: str | None, cells: Mapping[str, object]) -> tuple[str, ...]:
    if column is None:
        return ()
    cell = cells.get(column)
    given = cell if isinstance(cell, list) else _text(cell).replace("|", ";").split(";")
    tags = tuple(text for tag in given if (text := _text(tag)))
    if any(len(tag) > MAX_TAG_CHARS for tag in tags):
        raise _bad_value(number, column, f"has a tag longer than {MAX_TAG_CHARS} characters")
    return tags


def _bad_value(number: int, column: str, what: str) -> TableValueInvalid:
    return TableValueInvalid(f"Row {number}: {column!r} {what}.", row=str(number), column=column)
