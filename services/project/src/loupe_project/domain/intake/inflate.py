"""Unpacks one entry of an archive, and stops it as soon as it grows past what is allowed."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from loupe_project.domain.intake.archive import DEFLATED, Entry, data_offset
from loupe_project.domain.intake.errors import ArchiveDamaged, ArchiveEntryRefused, FileTooLarge

CHUNK_BYTES = 256 * 1024
_FREE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class InflateLimits:
    """What one entry may unpack to."""

    entry_bytes: int
    """Most bytes of one entry."""
    ratio: int = 200
    """Most bytes out for each byte in, looked at past 16 MiB: small files of one colour are no attack."""


def inflate(file: BinaryIO, entry: Entry, shown: str, limits: InflateLimits) -> Iterator[bytes]:
    """Bytes of an entry in pieces of at most 256 KiB, checked against its length and CRC at the end.

    Args:
        file: The archive.
        entry: What to unpack; checked before.
        shown: What messages call it.
        limits: Bounds on what really comes out.

    Raises:
        ArchiveDamaged: If its bytes cannot be unpacked, or are not those that were packed.
        FileTooLarge: If it is larger than one file may be.
        ArchiveEntryRefused: If it unpacks to far more than it holds.
    """
    produced, crc = 0, 0
    for piece in _pieces(file, data_offset(file, entry), entry, shown):
        produced += len(piece)
        crc = zlib.crc32(piece, crc)
        _check(produced, entry, shown, limits)
        yield piece
    if produced != entry.size_bytes or crc != entry.crc:
        raise _damaged(shown)


def _check(produced: int, entry: Entry, shown: str, limits: InflateLimits) -> None:
    if produced > limits.entry_bytes:
        raise FileTooLarge(
            f"{shown!r} unpacks to more than {limits.entry_bytes} bytes, the most for one file.",
            file_name=shown,
            limit_bytes=str(limits.entry_bytes),
        )
    if produced > _FREE_BYTES and produced > limits.ratio * entry.compressed_bytes:
        raise ArchiveEntryRefused(
            f"{shown!r} unpacks to more than {limits.ratio} times its size, as archive bombs do.",
            file_name=shown,
            cause="ratio",
        )
    if produced > entry.size_bytes:
        raise _damaged(shown)


def _pieces(file: BinaryIO, position: int, entry: Entry, shown: str) -> Iterator[bytes]:
    file.seek(position)
    rest = entry.compressed_bytes
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == DEFLATED else None
    while rest > 0:
        packed = file.read(min(rest, CHUNK_BYTES))
        if not packed:
            raise _damaged(shown)
        rest -= len(packed)
        if inflater is None:
            yield packed
            continue
        yield from _inflated(inflater, packed, shown)
    if inflater is not None and not inflater.eof:
        raise _damaged(shown)


def _inflated(inflater: "zlib._Decompress", packed: bytes, shown: str) -> Iterator[bytes]:
    while not inflater.eof:
        try:
            piece = inflater.decompress(packed, CHUNK_BYTES)
        except zlib.error as error:
            raise _damaged(shown) from error
        packed = inflater.unconsumed_tail
        if piece:
            yield piece
        elif not packed:
            return


def _damaged(shown: str) -> ArchiveDamaged:
    return ArchiveDamaged(f"{shown!r} is damaged inside the archive; pack it anew.", file_name=shown)
