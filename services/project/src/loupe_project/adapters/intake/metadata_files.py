"""Opens tables of metadata: CSV and JSON lines, as they are or packed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from functools import partial
from pathlib import Path

from loupe_project.domain.intake import archive, names, rows, table_files
from loupe_project.domain.intake.archive import ArchiveReader
from loupe_project.domain.intake.errors import FileTypeUnknown, TableInvalid
from loupe_project.domain.intake.inflate import InflateLimits, inflate
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.intake.rows import RowOrFault
from loupe_project.domain.metadata_table import TableKey
from loupe_project.ports.metadata_files import Rows

MAX_UNPACKED_BYTES = 1 << 30
_MAX_ENTRIES = 1_000
_CSV, _LINES = ("csv", "tsv"), ("jsonl", "ndjson")
_ZIP = b"PK\x03\x04"
_COLUMNS = {
    TableKey.FILE_NAME: rows.FILE_COLUMNS,
    TableKey.SHA256: rows.SHA256_COLUMNS,
    TableKey.SERIAL: rows.SERIAL_COLUMNS,
}


@contextmanager
def open_metadata_file(path: Path, file_name: str, key: TableKey, zone: tzinfo) -> Iterator[Rows]:
    """See `ports.metadata_files.MetadataFileReader`."""
    with tempfile.TemporaryDirectory(prefix="loupe-metadata-", ignore_cleanup_errors=True) as folder:
        table, shown = path, names.printable(file_name) or "table"
        if _is_zip(path):
            table = Path(folder) / "table"
            shown = _unpack(path, shown, table)
        yield partial(_read, table, shown, key, zone)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def _read(path: Path, shown: str, key: TableKey, zone: tzinfo) -> Iterator[RowOrFault]:
    ending = _ending(shown)
    if ending in _CSV:
        cells = table_files.csv_cells(path, shown, _COLUMNS[key])
    elif ending in _LINES:
        cells = table_files.json_cells(path, shown)
    else:
        raise FileTypeUnknown(
            f"{shown!r} is none of what is taken: .csv, .tsv, .jsonl, .ndjson, or a zip of one.", file_name=shown
        )
    return rows.read_rows(cells, shown, FileKind.METADATA, zone, _COLUMNS[key])


def _unpack(path: Path, shown: str, target: Path) -> str:
    """Write the one table of a zip to a file; what messages call it."""
    with path.open("rb") as source:
        entries = {
            archive.check_entry(entry, shown): entry
            for entry in ArchiveReader(source, shown, _MAX_ENTRIES).entries()
            if not names.is_silent(entry.shown_name)
        }
        fitting = [name for name in entries if _ending(name) in (*_CSV, *_LINES)]
        if len(fitting) != 1:
            raise TableInvalid(f"{shown!r} holds {len(fitting)} tables; pack the one that is meant.", file_name=shown)
        name = f"{shown}/{fitting[0]}"
        with target.open("wb") as file:
            for piece in inflate(source, entries[fitting[0]], name, InflateLimits(MAX_UNPACKED_BYTES)):
                file.write(piece)
    return name


def _ending(name: str) -> str:
    return names.base_name(name).lower().rpartition(".")[2]
