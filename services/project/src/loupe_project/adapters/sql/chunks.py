"""Long lists of ids in pieces that a statement takes."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

CHUNK = 500
"""Ids in one IN list: far below the limits of both databases, and long enough to hide the cost of a statement."""


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """`items` in pieces of at most `size`, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
