"""Opens files of labels: tables and COCO as they are or packed, YOLO and Pascal VOC out of a zip."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from loupe_kit.errors import LoupeError
from loupe_project.domain.intake import archive, names
from loupe_project.domain.intake.archive import ArchiveReader, Entry
from loupe_project.domain.intake.errors import FileTooLarge, FileTypeUnknown, TableInvalid
from loupe_project.domain.intake.inflate import InflateLimits, inflate
from loupe_project.domain.label_files import tables, voc, yolo
from loupe_project.domain.label_files.rows import ImageKey, LabelFault, LabelFormat, RowOrFault

MAX_UNPACKED_BYTES = 1 << 30
MAX_COCO_BYTES = 256 << 20
MAX_TEXT_BYTES = 16 << 20
"""Most bytes of one text or XML file of an archive."""
MAX_ENTRIES = 500_000

_TABLES = ("csv", "tsv", "jsonl", "ndjson")
_ZIP = b"PK"


@contextmanager
def open_label_file(
    path: Path, file_name: str, form: LabelFormat | None, key: ImageKey
) -> Iterator[Iterator[RowOrFault]]:
    """See `ports.label_files.LabelFileReader`."""
    shown = names.printable(file_name) or "labels"
    with (
        tempfile.TemporaryDirectory(prefix="loupe-labels-", ignore_cleanup_errors=True) as folder,
        path.open("rb") as file,
    ):
        if file.read(len(_ZIP)) == _ZIP:
            yield _LabelArchive(file, shown, Path(folder), key).rows(form)
        else:
            yield _read_file(path, shown, form, key)


def _read_file(path: Path, shown: str, form: LabelFormat | None, key: ImageKey) -> Iterator[RowOrFault]:
    if _ending(shown) != "xml" or form not in (None, LabelFormat.VOC):
        yield from _read_path(path, shown, shown, form, key)
        return
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise _too_large(shown, MAX_TEXT_BYTES, "is larger than")
    yield from voc.read_xml(path.read_bytes(), shown)


def _read_path(path: Path, name: str, shown: str, form: LabelFormat | None, key: ImageKey) -> Iterator[RowOrFault]:
    ending = _ending(name)
    if ending in _TABLES and form in (None, LabelFormat.TABLE):
        yield from tables.read_table(path, shown, ending, key)
    elif ending == "json" and form in (None, LabelFormat.COCO):
        yield from tables.read_coco(path, shown, MAX_COCO_BYTES, key)
    else:
        raise _unknown(shown, form)


class _LabelArchive:
    """A zip of labels.

    Args:
        file: The zip.
        name: What messages call it.
        folder: For a table that is in it.
        key: How it names images.
    """

    def __init__(self, file: BinaryIO, name: str, folder: Path, key: ImageKey) -> None:
        self._file = file
        self._name = name
        self._folder = folder
        self._key = key
        self._left = MAX_UNPACKED_BYTES

    def rows(self, form: LabelFormat | None) -> Iterator[RowOrFault]:
        """Rows of all entries that hold labels."""
        entries = {
            archive.check_entry(entry, self._name): entry
            for entry in ArchiveReader(self._file, self._name, MAX_ENTRIES).entries()
            if not names.is_silent(entry.shown_name)
        }
        kind = form or _kind_of(list(entries))
        if kind is LabelFormat.VOC:
            for path in filter(voc.is_labels, entries):
                yield from voc.read_xml(self._bytes(path, entries[path]), self._shown(path))
        elif kind is LabelFormat.YOLO:
            yield from self._yolo(entries)
        else:
            yield from self._single(entries, form)

    def _yolo(self, entries: dict[str, Entry]) -> Iterator[RowOrFault]:
        classes = self._classes(entries)
        for path in filter(yolo.is_labels, entries):
            shown = self._shown(path)
            try:
                text = self._text(path, entries[path])
            except LoupeError as error:
                yield LabelFault(shown, 0, error)
            else:
                yield from yolo.read_lines(text, path, shown, classes)

    def _classes(self, entries: dict[str, Entry]) -> list[str]:
        by_base = {path.rpartition("/")[2].lower(): path for path in sorted(entries, reverse=True)}
        found = next((by_base[base] for base in yolo.NAMES_FILES if base in by_base), None)
        if found is None:
            raise TableInvalid(
                f"{self._name!r} does not say what its classes are called; add data.yaml or classes.txt.",
                file_name=self._name,
            )
        return yolo.read_names(self._text(found, entries[found]), self._shown(found))

    def _single(self, entries: dict[str, Entry], form: LabelFormat | None) -> Iterator[RowOrFault]:
        fitting = [path for path in entries if _ending(path) in (*_TABLES, "json")]
        if len(fitting) != 1:
            raise TableInvalid(
                f"{self._name!r} holds {len(fitting)} tables and COCO files; pack the one that is meant.",
                file_name=self._name,
            )
        (path,) = fitting
        target = self._folder / "entry"
        with target.open("wb") as file:
            for piece in self._pieces(path, entries[path], MAX_UNPACKED_BYTES):
                file.write(piece)
        yield from _read_path(target, path, self._shown(path), form, self._key)

    def _text(self, path: str, entry: Entry) -> str:
        try:
            return self._bytes(path, entry).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            shown = self._shown(path)
            raise TableInvalid(f"{shown!r} is no text in UTF-8; save it so.", file_name=shown) from error

    def _bytes(self, path: str, entry: Entry) -> bytes:
        return b"".join(self._pieces(path, entry, MAX_TEXT_BYTES))

    def _pieces(self, path: str, entry: Entry, limit: int) -> Iterator[bytes]:
        for piece in inflate(self._file, entry, self._shown(path), InflateLimits(limit)):
            self._left -= len(piece)
            if self._left < 0:
                raise _too_large(self._name, MAX_UNPACKED_BYTES, "unpacks to more than")
            yield piece

    def _shown(self, path: str) -> str:
        return f"{self._name}/{path}"


def _kind_of(paths: list[str]) -> LabelFormat | None:
    """What an archive holds: class names and texts are YOLO, XML is Pascal VOC; None: a single file."""
    bases = {path.rpartition("/")[2].lower() for path in paths}
    if any(map(voc.is_labels, paths)):
        return LabelFormat.VOC
    if bases & set(yolo.NAMES_FILES) or any(map(yolo.is_labels, paths)):
        return LabelFormat.YOLO
    return None


def _ending(name: str) -> str:
    return names.base_name(name).lower().rpartition(".")[2]


def _too_large(shown: str, limit_bytes: int, what: str) -> FileTooLarge:
    return FileTooLarge(
        f"{shown!r} {what} {limit_bytes} bytes; split it.", file_name=shown, limit_bytes=str(limit_bytes)
    )


def _unknown(shown: str, form: LabelFormat | None) -> FileTypeUnknown:
    what = f"is not written as {form}" if form else "is none of what is taken"
    return FileTypeUnknown(
        f"{shown!r} {what}: COCO .json, .csv, .tsv, .jsonl, a zip of YOLO texts with data.yaml, Pascal VOC .xml or a "
        "zip of them.",
        file_name=shown,
    )
