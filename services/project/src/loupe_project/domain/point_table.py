"""The binary table of the values of a map's points.

Little-endian: bytes 0-3 "LPV1"; uint32 N; uint32 W; uint32 T; T bytes of JSON, a list of the distinct values; then N
unsigned integers of W bytes, or, where W is 0, N float32.
"""

import json
import struct

import numpy as np

from loupe_project.domain.analysis import NO_VALUE, PointValues

MAGIC = b"LPV1"
_HEADER = struct.Struct("<4sIII")
_ALIGNMENT = 4
_WIDTHS = ((1, 0xFF), (2, 0xFFFF), (4, NO_VALUE))


def encode(values: PointValues) -> bytes:
    """The table of the values of N points.

    Codes take as few bytes as there are values for; the greatest number of that width says that there is none.
    """
    text = json.dumps(values.values, ensure_ascii=False, separators=(",", ":")).encode()
    text = text.ljust(-(-len(text) // _ALIGNMENT) * _ALIGNMENT)
    if values.numbers:
        return _HEADER.pack(MAGIC, len(values.numbers) // 4, 0, len(text)) + text + values.numbers
    width, none = next((width, none) for width, none in _WIDTHS if len(values.values) <= none)
    codes = np.frombuffer(values.codes, "<u4")
    narrow = np.where(codes == NO_VALUE, none, codes).astype(f"<u{width}")
    return _HEADER.pack(MAGIC, len(codes), width, len(text)) + text + narrow.tobytes()
