"""Labels of tables and COCO files: the readers of uploads, with the image named by what the import asks for."""

from collections.abc import Iterator
from pathlib import Path

from loupe_project.domain.intake import coco, rows, table_files
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.intake.rows import FILE_COLUMNS, Fault, Row
from loupe_project.domain.label_files.rows import ImageKey, LabelFault, LabelRow, RowOrFault

_COLUMNS = {
    ImageKey.FILE_NAME: FILE_COLUMNS,
    ImageKey.SHA256: ("sha256",),
    ImageKey.ID: ("image", "loupe.image", "image_id", "id"),
}
"""Names of the column by which the rows of a table name their images."""


def read_table(path: Path, shown: str, ending: str, key: ImageKey) -> Iterator[RowOrFault]:
    """Labels of a CSV or JSON lines table.

    Args:
        path: The file.
        shown: What messages call it.
        ending: Of its name: csv, tsv, jsonl or ndjson.
        key: How it names images.

    Raises:
        TableInvalid: If it cannot be read at all.
    """
    columns = _COLUMNS[key]
    is_csv = ending in ("csv", "tsv")
    cells = table_files.csv_cells(path, shown, columns) if is_csv else table_files.json_cells(path, shown)
    for item in rows.read_rows(cells, shown, FileKind.LABELS, key=columns):
        yield from _rows(item, shown, key)


def read_coco(path: Path, shown: str, max_bytes: int, key: ImageKey) -> Iterator[RowOrFault]:
    """Labels of a COCO file; images that it lists without an annotation have none.

    By hash, an image is what its file is called without folder and ending; by id, what `loupe_image` says.

    Raises:
        TableInvalid: If it cannot be read at all.
    """
    field = "loupe_image" if key is ImageKey.ID else "file_name"
    for item in coco.read_coco(path, shown, max_bytes, name_field=field, with_bare=True):
        yield from _rows(item, shown, key)


def _rows(item: Row | Fault, shown: str, key: ImageKey) -> Iterator[RowOrFault]:
    if isinstance(item, Fault):
        if item.is_refusal:
            yield LabelFault(shown, item.number, item.error)
        return
    name = item.file_name if key is ImageKey.FILE_NAME else item.file_name.rpartition("/")[2].partition(".")[0]
    for label in item.labels or (None,):
        yield LabelRow(shown, item.number, name, label)
