"""Tables of images: JSON lines are written as the images come, CSV and Parquet from them at the end."""

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from loupe_project.domain.export import RESULT_PREFIX
from loupe_project.domain.spreadsheet import guarded

_ROWS_A_GROUP = 5_000


class RowSpool:
    """Rows on disk, and the columns that they have."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._columns: dict[str, None] = {}

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Add rows."""
        for row in rows:
            self._columns.update(dict.fromkeys(row))
            self._file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """No more rows come."""
        self._file.close()

    def columns(self) -> list[str]:
        """All columns: those of an upload first, what Loupe found out last."""
        first = ["file_name", *(name for name in self._columns if name != "file_name")]
        return sorted(first, key=lambda name: name.startswith(RESULT_PREFIX))

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows again."""
        with self.path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def write_csv(spool: RowSpool, path: Path) -> None:
    """The rows as CSV that Excel opens right: UTF-8 with its mark, and no text that it would take for a formula."""
    columns = spool.columns()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([guarded(name) for name in columns])
        for row in spool.rows():
            writer.writerow([_cell(name, row.get(name)) for name in columns])


def _cell(column: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(int(value)) if value == int(value) and abs(value) < 1 << 53 else repr(value)
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, list) and (column in ("tags", f"{RESULT_PREFIX}auto_tags")):
        return guarded(";".join(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_parquet(spool: RowSpool, path: Path) -> None:
    """The rows as Parquet: numbers and truth values where a whole column has them, else texts; lists as JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = _kinds(spool)
    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(name, types[kinds.get(name, str)]) for name in spool.columns()])
    rows = spool.rows()
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(rows, _ROWS_A_GROUP)):
            columns = {name: [_typed(row.get(name), kinds.get(name, str)) for row in group] for name in schema.names}
            writer.write_table(pa.table(columns, schema=schema))


def _kinds(spool: RowSpool) -> dict[str, type]:
    """The type of each column that holds for all of its rows."""
    kinds: dict[str, type] = {}
    for row in spool.rows():
        for name, value in row.items():
            kind = type(value) if isinstance(value, bool | int | float) else str
            known = kinds.setdefault(name, kind)
            if known is not kind:
                kinds[name] = float if {known, kind} == {int, float} else str
    return kinds


def _typed(value: object, kind: type) -> object:
    if value is None:
        return None
    if kind is str and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return kind(value)
