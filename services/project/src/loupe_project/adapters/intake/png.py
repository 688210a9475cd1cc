"""Tells whether a PNG is whole without decoding it: checksums of its parts, and pixels as many as its header says.

Undoing the row filters is two thirds of decoding a PNG, and only who looks at the pixels needs it. Format: W3C
“Portable Network Graphics (PNG) Specification”, second edition, parts 5, 9 and 11.
"""

import math
import struct
import zlib
from collections.abc import Iterator

_SIGNATURE_BYTES = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def is_interlaced(data: bytes) -> bool:
    """Whether its rows come in seven passes, which `check` does not count."""
    return len(data) > 28 and data[28] == 1


def check(data: bytes) -> None:
    """Reads a PNG that is not interlaced to its end.

    Raises:
        ValueError: If a checksum is wrong, or if pixels or the end are missing.
        zlib.error: If its pixels cannot be unpacked.
    """
    expected, found, inflate, ended = 0, 0, zlib.decompressobj(), False
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            width, height, bits, color = struct.unpack_from(">LLBB", body)
            expected = height * (1 + math.ceil(width * bits * _CHANNELS[color] / 8))
        elif kind == b"IDAT" and found <= expected:
            found += len(inflate.decompress(body, expected - found + 1))
        ended = kind == b"IEND"
    if not ended:
        raise ValueError("it is cut short")
    if found < expected:
        raise ValueError("pixels are missing")


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, position = memoryview(data), _SIGNATURE_BYTES
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">L", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            return
        if zlib.crc32(view[position + 4 : end]) != struct.unpack_from(">L", data, end)[0]:
            raise ValueError("a checksum is wrong")
        kind = bytes(view[position + 4 : position + 8])
        yield kind, view[position + 8 : end]
        if kind == b"IEND":
            return
        position = end + 4
