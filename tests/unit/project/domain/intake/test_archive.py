"""Zip archives from strangers."""

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_kit.errors import LoupeError
from loupe_project.domain.intake import archive
from loupe_project.domain.intake.archive import ArchiveReader
from loupe_project.domain.intake.errors import (
    ArchiveDamaged,
    ArchiveEntryRefused,
    ArchiveTooLarge,
    FileNameInvalid,
    FileTooLarge,
)
from loupe_project.domain.intake.inflate import InflateLimits, inflate

_LIMITS = InflateLimits(entry_bytes=64 << 20)


def _zip(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as out:
        for name, data in entries:
            out.writestr(name, data)
    return target.getvalue()


def _read(data: bytes, limits: InflateLimits = _LIMITS) -> dict[str, bytes | str]:
    """Content by name, or the reason and cause of a refusal."""
    file = io.BytesIO(data)
    found: dict[str, bytes | str] = {}
    for entry in ArchiveReader(file, "a.zip", 1000).entries():
        try:
            name = archive.check_entry(entry, "a.zip")
            found[name] = b"".join(inflate(file, entry, f"a.zip/{name}", limits))
        except LoupeError as error:
            found[entry.shown_name] = f"{error.reason} {error.metadata.get('cause', '')}".strip()
    return found


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_read__files_and_folders(method: int) -> None:
    data = _zip(("x/", b""), ("x/a.png", b"one" * 1000), ("b.png", b""), method=method)
    assert _read(data) == {"x/a.png": b"one" * 1000, "b.png": b""}


def test_read__bytes_before_the_archive() -> None:
    assert _read(b"#!/bin/sh\n" + _zip(("a.png", b"one"))) == {"a.png": b"one"}


def test_read__zip64() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out, out.open("a.png", "w", force_zip64=True) as entry:
        entry.write(b"one")
    assert _read(target.getvalue()) == {"a.png": b"one"}


def test_read__empty_archive() -> None:
    assert _read(_zip()) == {}


@pytest.mark.parametrize(
    ("name", "cause"),
    [("../a.png", "path"), ("x/../../a.png", "path"), ("/a.png", "path"), ("C:/a.png", "path"), ("..\\a.png", "path")],
)
def test_read__leads_out(name: str, cause: str) -> None:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    assert _read(_zip((info, b"x"), ("b.png", b"y"))) == {name: f"ARCHIVE_ENTRY_REFUSED {cause}", "b.png": b"y"}


def test_read__link() -> None:
    info = zipfile.ZipInfo("a.png")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    assert _read(_zip((info, b"/etc/passwd"))) == {"a.png": "ARCHIVE_ENTRY_REFUSED link"}


def test_read__encrypted() -> None:
    data = bytearray(_zip(("a.png", b"x"), method=zipfile.ZIP_STORED))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert _read(bytes(data)) == {"a.png": "ARCHIVE_ENTRY_REFUSED encrypted"}


def test_read__unknown_method() -> None:
    assert _read(_zip(("a.png", b"x"), method=zipfile.ZIP_LZMA)) == {"a.png": "ARCHIVE_ENTRY_REFUSED method"}


def test_read__name_of_no_encoding() -> None:
    data = _zip(("aaaa.png", b"x"), ("b.png", b"y")).replace(b"aaaa.png", b"\xff\xfe\xfd\xfc.png")
    assert _read(data)["b.png"] == b"y"
    assert [value for value in _read(data).values() if value != b"y"] == ["FILE_NAME_INVALID"]


def test_read__korean_name_of_windows() -> None:
    raw = "불량.png".encode("cp949")
    data = _zip(("x" * len(raw), b"x")).replace(b"x" * len(raw), raw)
    assert list(_read(data)) == ["불량.png"]


def _overlapping() -> bytes:
    """Two directory entries that share one file's bytes."""
    data = _zip(("a.png", b"abcdef"), method=zipfile.ZIP_STORED)
    start = data.index(b"PK\x01\x02")
    central, end = data[start : data.index(b"PK\x05\x06")], data[data.index(b"PK\x05\x06") :]
    second = central.replace(b"a.png", b"b.png")
    fields = list(struct.unpack("<4s4H2LH", end))
    fields[3] = fields[4] = 2
    fields[5] = len(central) * 2
    return data[:start] + central + second + struct.pack("<4s4H2LH", *fields)


def test_read__overlapping() -> None:
    assert set(_read(_overlapping()).values()) == {"ARCHIVE_ENTRY_REFUSED overlap"}


def test_read__entry_inside_the_directory() -> None:
    data = bytearray(_zip(("a.png", b"abcdef"), method=zipfile.ZIP_STORED))
    start = data.index(b"PK\x01\x02")
    data[start + 20 : start + 24] = struct.pack("<L", 1000)
    assert _read(bytes(data)) == {"a.png": "ARCHIVE_ENTRY_REFUSED overlap"}


def test_read__bomb_by_ratio() -> None:
    data = _zip(("bomb.bmp", bytes(60 << 20)), ("a.png", b"y"))
    assert _read(data) == {"bomb.bmp": "ARCHIVE_ENTRY_REFUSED ratio", "a.png": b"y"}


def test_read__larger_than_one_file_may_be() -> None:
    data = _zip(("big.bmp", bytes(2 << 20)))
    file = io.BytesIO(data)
    entry = next(ArchiveReader(file, "a.zip", 10).entries())
    with pytest.raises(FileTooLarge):
        list(inflate(file, entry, "a.zip/big.bmp", InflateLimits(entry_bytes=1 << 20)))


def test_read__header_lies_about_the_size() -> None:
    data = bytearray(_zip(("bomb.bmp", bytes(8 << 20))))
    start = data.index(b"PK\x01\x02")
    data[start + 24 : start + 28] = struct.pack("<L", 10)
    assert _read(bytes(data)) == {"bomb.bmp": "ARCHIVE_DAMAGED"}


def test_read__wrong_crc() -> None:
    data = _zip(("a.png", b"abcdef"), method=zipfile.ZIP_STORED).replace(b"abcdef", b"abcdeX")
    assert _read(data) == {"a.png": "ARCHIVE_DAMAGED"}


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04", b"PK\x05\x06", _zip(("a.png", b"x" * 100))[:-10], b"PK\x03\x04" + bytes(100)]
)
def test_reader__damaged(data: bytes) -> None:
    with pytest.raises(ArchiveDamaged):
        list(ArchiveReader(io.BytesIO(data), "a.zip", 10).entries())


def test_reader__too_many_entries() -> None:
    data = _zip(*((f"{number}.png", b"") for number in range(11)))
    with pytest.raises(ArchiveTooLarge):
        ArchiveReader(io.BytesIO(data), "a.zip", 10)


def test_reader__count_is_a_lie() -> None:
    data = bytearray(_zip(("a.png", b"x")))
    end = data.index(b"PK\x05\x06")
    data[end + 8 : end + 12] = struct.pack("<2H", 9, 9)
    with pytest.raises(ArchiveDamaged):
        list(ArchiveReader(io.BytesIO(bytes(data)), "a.zip", 10).entries())


@given(st.binary(max_size=300), st.integers(0, 1 << 16))
def test_read__any_bytes(noise: bytes, where: int) -> None:
    """Nothing but our own errors comes out, whatever is written into an archive."""
    data = bytearray(_zip(("a.png", b"one" * 50), ("b/c.png", zlib.compress(b"two"))))
    start = where % len(data)
    data[start : start + len(noise)] = noise
    with contextlib.suppress(ArchiveDamaged, ArchiveTooLarge):
        _read(bytes(data))


@given(st.text(min_size=1, max_size=50))
def test_read__any_name(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    for kept in _names(lambda: _zip((info, b"x"))):
        assert ".." not in kept.split("/")
        assert not kept.startswith("/")


def _names(make: Callable[[], bytes]) -> list[str]:
    file = io.BytesIO(make())
    kept = []
    for entry in ArchiveReader(file, "a.zip", 10).entries():
        try:
            kept.append(archive.check_entry(entry, "a.zip"))
        except (ArchiveEntryRefused, FileNameInvalid):
            continue
    return kept
