"""Zip archives from strangers: what is in them, read by rules that no entry can bend.

The directory is streamed, so an archive of a million entries needs 20 bytes of memory an entry. Sizes in headers are
claims: limits are enforced on what really comes out (`inflate.py`).
"""

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from loupe_project.domain.intake import names
from loupe_project.domain.intake.errors import ArchiveDamaged, ArchiveEntryRefused, ArchiveTooLarge, FileNameInvalid

STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 0xFFFF
_NO32 = 0xFFFFFFFF
_ENCRYPTED, _UTF8, _MASKED = 0x1, 0x800, 0x2000
_UNIX = (3, 19)
_ZIP64_EXTRA = 0x0001
_UNICODE_PATH_EXTRA = 0x7075


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive, as its directory tells."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    compressed_bytes: int
    size_bytes: int
    """What it claims to unpack to."""
    header_offset: int
    """Where its local header begins in the file."""
    is_link: bool
    is_folder: bool
    overlaps: bool = False
    """Whether its bytes are also part of another entry or of the directory."""

    @property
    def shown_name(self) -> str:
        """The name for messages, whatever its bytes are."""
        return names.printable(self.raw_name.decode("utf-8", "backslashreplace"))


@dataclass(frozen=True, slots=True)
class _Directory:
    offset: int
    """Where it begins in the file."""
    size_bytes: int
    count: int
    shift: int
    """Bytes that stand before the archive in its file."""


def check_entry(entry: Entry, archive_name: str) -> str:
    """The cleaned name of an entry that may be unpacked.

    Raises:
        FileNameInvalid: If its name is not readable or cannot be kept.
        ArchiveEntryRefused: If it leads out, is a link, encrypted, overlapping or packed by an unknown method.
    """
    shown = f"{archive_name}/{entry.shown_name}"
    text = names.decode_entry_name(entry.raw_name, is_utf8=bool(entry.flags & _UTF8))
    if text is None:
        raise FileNameInvalid(
            f"The name of {shown!r} is neither UTF-8 nor Korean (CP949); pack the archive with UTF-8 names.",
            file_name=shown,
        )
    cause = _cause(entry)
    if cause is not None:
        raise _refused(shown, *cause)
    try:
        return names.clean_file_name(text)
    except FileNameInvalid as error:
        if _leads_out(text):
            raise _refused(shown, "path", "leads out of the archive; pack it with plain relative names") from error
        raise FileNameInvalid(error.message, file_name=shown) from error


def _cause(entry: Entry) -> tuple[str, str] | None:
    if entry.flags & (_ENCRYPTED | _MASKED):
        return "encrypted", "is encrypted; pack the archive without a password"
    if entry.is_link:
        return "link", "is a link; pack the file itself"
    if entry.overlaps:
        return "overlap", "shares its bytes with another entry; pack the archive anew"
    if entry.method not in (STORED, DEFLATED):
        return "method", f"is packed by method {entry.method}; pack the archive with Deflate, the usual one"
    return None


def _leads_out(name: str) -> bool:
    text = name.replace("\\", "/")
    return text.startswith("/") or ".." in text.split("/") or text[1:2] == ":"


def _refused(shown: str, cause: str, text: str) -> ArchiveEntryRefused:
    return ArchiveEntryRefused(f"{shown!r} {text}.", file_name=shown, cause=cause)


def data_offset(file: BinaryIO, entry: Entry) -> int:
    """Where the packed bytes of an entry begin in the archive's file.

    Raises:
        ArchiveDamaged: If there is no local header where the directory says.
    """
    file.seek(entry.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise ArchiveDamaged(
            f"{entry.shown_name!r} is not where its archive says; pack it anew.", file_name=entry.shown_name
        )
    name_length, extra_length = _LOCAL.unpack(header)[-2:]
    return entry.header_offset + _LOCAL.size + int(name_length) + int(extra_length)


class ArchiveReader:
    """Reads the directory of a zip file.

    Args:
        file: Opened for reading in binary, seekable.
        archive_name: What messages call it.
        max_entries: Most entries.

    Raises:
        ArchiveDamaged: If there is no directory where it should be.
        ArchiveTooLarge: If it has more entries than allowed.
    """

    def __init__(self, file: BinaryIO, archive_name: str, max_entries: int) -> None:
        self._file = file
        self._name = archive_name
        self._size = file.seek(0, 2)
        self._directory = self._find_directory()
        self.count = self._directory.count
        if max(self.count, self._directory.size_bytes // 400) > max_entries:
            raise ArchiveTooLarge(
                f"{archive_name!r} has more than {max_entries} entries; split it.",
                file_name=archive_name,
                limit=f"{max_entries} entries",
            )
        self._overlapping = self._find_overlaps()

    def entries(self) -> Iterator[Entry]:
        """All entries but folders, in the order of the directory.

        Raises:
            ArchiveDamaged: If the directory breaks off or makes no sense.
        """
        for number, entry in enumerate(self._raw_entries()):
            if entry.is_folder:
                continue
            if self._overlapping[number]:
                yield _overlapping(entry)
            else:
                yield entry

    def _find_directory(self) -> _Directory:
        tail_bytes = min(self._size, _END.size + _MAX_COMMENT)
        self._file.seek(self._size - tail_bytes)
        tail = self._file.read(tail_bytes)
        position = tail.rfind(b"PK\x05\x06")
        if position < 0 or len(tail) - position < _END.size:
            raise self._damaged("it has no directory, so it is cut short or no zip")
        _, disk, start_disk, _, count, size_bytes, offset, _ = _END.unpack_from(tail, position)
        end = self._size - tail_bytes + position
        if _NO32 in (size_bytes, offset) or count == 0xFFFF:
            end, count, size_bytes, offset = self._end64(end, count, size_bytes, offset)
        elif disk or start_disk:
            raise self._damaged("it is one part of several")
        shift = end - size_bytes - offset
        if shift < 0:
            raise self._damaged("its directory is cut short")
        return _Directory(offset + shift, size_bytes, count, shift)

    def _end64(self, end: int, count: int, size_bytes: int, offset: int) -> tuple[int, int, int, int]:
        if end < _END64_LOCATOR.size + _END64.size:
            return end, count, size_bytes, offset
        self._file.seek(end - _END64_LOCATOR.size)
        locator = self._file.read(_END64_LOCATOR.size)
        if not locator.startswith(b"PK\x06\x07"):
            return end, count, size_bytes, offset
        # The record stands right before its locator, whatever offset the locator claims.
        position = end - _END64_LOCATOR.size - _END64.size
        self._file.seek(position)
        record = self._file.read(_END64.size)
        if not record.startswith(b"PK\x06\x06"):
            raise self._damaged("its 64-bit directory is cut short")
        fields = _END64.unpack(record)
        return position, int(fields[7]), int(fields[8]), int(fields[9])

    def _raw_entries(self) -> Iterator[Entry]:
        position = self._directory.offset
        end = position + self._directory.size_bytes
        for _ in range(self._directory.count):
            self._file.seek(position)
            fixed = self._file.read(_CENTRAL.size)
            if len(fixed) < _CENTRAL.size or not fixed.startswith(b"PK\x01\x02"):
                raise self._damaged("its directory breaks off")
            fields = _CENTRAL.unpack(fixed)
            name_length, extra_length, comment_length = fields[10:13]
            variable = self._file.read(name_length + extra_length)
            position += _CENTRAL.size + name_length + extra_length + comment_length
            if position > end or len(variable) < name_length + extra_length:
                raise self._damaged("its directory breaks off")
            yield self._entry(fields, variable[:name_length], variable[name_length:])

    def _entry(self, fields: tuple[int, ...], raw_name: bytes, extra: bytes) -> Entry:
        made_by, flags, method, crc = fields[1], fields[3], fields[4], fields[7]
        compressed, size, attributes, offset = fields[8], fields[9], fields[15], fields[16]
        extras = dict(_extras(extra))
        size, compressed, offset = _wide(extras.get(_ZIP64_EXTRA, b""), size, compressed, offset)
        mode = attributes >> 16 if made_by >> 8 in _UNIX else 0
        unicode_path = extras.get(_UNICODE_PATH_EXTRA, b"")
        if len(unicode_path) > 5 and not flags & _UTF8:
            raw_name = unicode_path[5:]
        return Entry(
            raw_name=raw_name,
            flags=flags,
            method=method,
            crc=crc,
            compressed_bytes=compressed,
            size_bytes=size,
            header_offset=offset + self._directory.shift,
            is_link=stat.S_ISLNK(mode),
            is_folder=raw_name.endswith((b"/", b"\\")) or stat.S_ISDIR(mode),
        )

    def _find_overlaps(self) -> NDArray[np.bool_]:
        """One truth value an entry: whether its bytes are also another's, or the directory's."""
        starts, ends = np.zeros(self.count, np.int64), np.zeros(self.count, np.int64)
        limit = self._directory.offset
        for number, entry in enumerate(self._raw_entries()):
            try:
                begin = data_offset(self._file, entry)
            except (ArchiveDamaged, OverflowError, OSError):
                begin = limit + 1  # No header there: refused like one that reaches into the directory.
            starts[number] = min(entry.header_offset, limit)
            ends[number] = min(begin + entry.compressed_bytes, limit + 1)
        order = np.argsort(starts, kind="stable")
        reach = np.maximum.accumulate(ends[order]) if self.count else ends
        overlapping = np.zeros(self.count, np.bool_)
        bad = np.flatnonzero(starts[order][1:] < reach[:-1]) + 1
        overlapping[order[bad]] = True
        overlapping[order[bad - 1]] = True
        return overlapping | (ends > limit) | (starts >= limit)

    def _damaged(self, what: str) -> ArchiveDamaged:
        return ArchiveDamaged(f"{self._name!r} cannot be read: {what}. Pack it anew.", file_name=self._name)


def _overlapping(entry: Entry) -> Entry:
    return Entry(
        entry.raw_name, entry.flags, entry.method, entry.crc, entry.compressed_bytes, entry.size_bytes,
        entry.header_offset, entry.is_link, entry.is_folder, overlaps=True,
    )  # fmt: skip


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        yield kind, extra[position + 4 : position + 4 + length]
        position += 4 + length


def _wide(extra: bytes, *values: int) -> tuple[int, int, int]:
    """Values of 64 bits in the place of those that say 0xFFFFFFFF."""
    wide = iter([struct.unpack_from("<Q", extra, at)[0] for at in range(0, len(extra) - 7, 8)])
    size, compressed, offset = (next(wide, value) if value == _NO32 else value for value in values)
    return size, compressed, offset
