"""Tiles: an image cut into squares, at its full size and at halves of it, so that little of it is read to look at it.

All tiles of an image are one object, the *pyramid*: a head with what is known of the values and where every tile lies,
and then the tiles, each a PNG. How long the head is follows from the size of the image.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

TILE = 512
"""Pixels of a tile's side; the last ones of a row and of a column are smaller."""
BINS = 256
"""Most bars of a histogram."""
LEFT_OUT = 0.005
"""Share of the values that lie below the usual window, and above it."""

_MAGIC = b"LPT1"
_HEAD = struct.Struct("<4s6I6d")
_BARS = struct.Struct(f"<{BINS}Q")
_PLACE = struct.Struct("<QI")


@dataclass(frozen=True, slots=True)
class Level:
    """The image at one size."""

    width: int
    height: int
    first: int
    """Number of its first tile; they are counted row by row from the top left, levels from the largest down."""

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width // TILE)

    @property
    def rows(self) -> int:
        """Tiles in a column."""
        return -(-self.height // TILE)

    def number(self, column: int, row: int) -> int:
        """Number of a tile of this level."""
        return self.first + row * self.columns + column


def levels_of(width: int, height: int) -> tuple[Level, ...]:
    """Level 0 is the image itself; each following one has half the width and height, rounded up, down to one tile."""
    found = [Level(width, height, 0)]
    while max(found[-1].width, found[-1].height) > TILE:
        last = found[-1]
        found.append(Level(-(-last.width // 2), -(-last.height // 2), last.first + last.columns * last.rows))
    return tuple(found)


def tile_count(width: int, height: int) -> int:
    """Tiles of all levels."""
    last = levels_of(width, height)[-1]
    return last.first + last.columns * last.rows


@dataclass(frozen=True, slots=True)
class Window:
    """Which values are shown: `low` and all below as black, `high` and all above as white, linear between."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of an image's values, all colours together, without alpha."""

    bits: int
    """Bits of a value in the file: 8, 16, or 32."""
    minimum: float
    maximum: float
    low: float
    """Below it lies no more than `LEFT_OUT` of the values."""
    high: float
    """Above it lies no more than `LEFT_OUT` of the values."""
    histogram: tuple[int, ...]
    """How many values lie in each of up to `BINS` equal parts of [minimum, maximum]."""
    offset: float = 0.0
    """The value that tiles keep as 0."""
    step: float = 1.0
    """What a value grows by where tiles keep one more; more than 0."""

    @property
    def usual(self) -> Window:
        """What is shown where nobody asked for a window: 8 bits as they are, others without their extremes."""
        if self.bits == 8:
            return Window(0.0, 255.0)
        return Window(self.low, self.high if self.high > self.low else self.low + self.step)


@dataclass(frozen=True)
class Pyramid:
    """The head of a pyramid."""

    width: int
    height: int
    values: Values
    places: Sequence[tuple[int, int]] = field(repr=False)
    """By number of a tile, where it begins in the object, and how many bytes it has."""

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Its sizes."""
        return levels_of(self.width, self.height)


def head_bytes(width: int, height: int) -> int:
    """Bytes of the head of a pyramid of an image of this size."""
    return _HEAD.size + _BARS.size + _PLACE.size * tile_count(width, height)


def pack(pyramid: Pyramid) -> bytes:
    """The head as bytes, little-endian."""
    values, bars = pyramid.values, len(pyramid.values.histogram)
    sizes = (pyramid.width, pyramid.height, TILE, values.bits, bars, len(pyramid.places))
    numbers = (values.minimum, values.maximum, values.low, values.high, values.offset, values.step)
    head = _HEAD.pack(_MAGIC, *sizes, *numbers) + _BARS.pack(*values.histogram, *[0] * (BINS - bars))
    return head + b"".join(_PLACE.pack(*place) for place in pyramid.places)


def unpack(data: bytes) -> Pyramid:
    """The head that `pack` made.

    Raises:
        ValueError: If it is none.
    """
    if len(data) < _HEAD.size + _BARS.size or data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("These are no tiles.")
    _, width, height, tile, bits, bars, count, *numbers = _HEAD.unpack_from(data)
    minimum, maximum, low, high, offset, step = numbers
    if tile != TILE or count != tile_count(width, height) or len(data) < head_bytes(width, height):
        raise ValueError("These are tiles of another kind.")
    histogram = _BARS.unpack_from(data, _HEAD.size)[:bars]
    places = list(_PLACE.iter_unpack(data[_HEAD.size + _BARS.size : head_bytes(width, height)]))
    return Pyramid(width, height, Values(bits, minimum, maximum, low, high, histogram, offset, step), places)
