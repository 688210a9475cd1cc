"""The binary table of points' values: as narrow as their number allows."""

import json
import struct

import numpy as np
import pytest

from loupe_project.domain.analysis import NO_VALUE, PointValues
from loupe_project.domain.point_table import encode


@pytest.mark.parametrize(("count", "width"), [(1, 1), (255, 1), (256, 2), (65_534, 2)])
def test_encode__codes_take_as_many_bytes_as_they_need(count: int, width: int) -> None:
    names = tuple(f"값 {number}" for number in range(count))
    codes = np.array([0, count - 1, NO_VALUE], "<u4")

    table = encode(PointValues("label", values=names, codes=codes.tobytes()))

    magic, points, found, length = struct.unpack_from("<4sIII", table)
    assert (magic, points, found, length % 4) == (b"LPV1", 3, width, 0)
    assert json.loads(table[16 : 16 + length]) == list(names)
    assert np.frombuffer(table[16 + length :], f"<u{width}").tolist() == [0, count - 1, (1 << 8 * width) - 1]


def test_encode__numbers() -> None:
    numbers = np.array([0.5, np.nan], "<f4").tobytes()

    assert encode(PointValues("conf", numbers=numbers)) == struct.pack("<4sIII", b"LPV1", 2, 0, 4) + b"[]  " + numbers
