"""Images that may be found, as rows of a store, remembered by a digest of their ids.

Each search names the images that the caller may see. Looking up the rows of a million ids takes many times as long as
searching among them, so who asks again about the same ones names them by their digest.
Letters in shapes: N rows in the store.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.features import ImageIds
from loupe_reduction.ports import KeptVectors

_REMEMBERED = 16
"""Sets of images of one store, those that were asked for last; each takes a byte for each row."""

Locate = Callable[[KeptVectors, ImageIds], tuple[NDArray[np.int64], NDArray[np.bool_]]]
"""Returns all rows of images, in any order, and for each image whether it has one."""

Read = Callable[[bytes], Awaitable[None]]
"""Reads and keeps what there is of images, whose ids are given."""


@dataclass(frozen=True)
class Named:
    """How a call names the images that may be found."""

    images: ImageIds
    digest: bytes = b""
    """SHA-256 of their ids; empty: they are not remembered."""

    @property
    def is_by_digest(self) -> bool:
        """Whether they were named before."""
        return bool(self.digest) and not len(self.images)


@dataclass(frozen=True)
class Findable:
    """What may be found."""

    rows: NDArray[np.bool_]
    """Array (N,): whether each row may be found. Shorter where rows came since: those are not of these images."""

    unread: bytes
    """Ids of those images of which nothing is kept, 16 bytes each."""

    def mask(self, count: int) -> NDArray[np.bool_]:
        """Returns `rows` for as many rows as the store has now: a new array."""
        mask = np.zeros(count, np.bool_)
        mask[: len(self.rows)] = self.rows
        return mask


@dataclass
class RememberedImages:
    """The images that were named last. Whoever forgets rows of the store clears it."""

    _known: OrderedDict[bytes, Findable] = field(default_factory=OrderedDict)

    def clear(self) -> None:
        """Remembers nothing."""
        self._known.clear()

    async def findable(self, vectors: KeptVectors, named: Named, locate: Locate, read: Read) -> Findable | None:
        """Returns what may be found, after reading what is not kept yet; None if a digest says nothing.

        Args:
            vectors: the store.
            named: the images.
            locate: finds their rows.
            read: reads the others.
        """
        if named.is_by_digest:
            findable = self._known.get(named.digest)
            if findable is None:
                return None
        else:
            findable = await asyncio.to_thread(
                _located, vectors, Findable(np.zeros(0, np.bool_), b""), named.images, locate
            )
        if findable.unread:
            await read(findable.unread)
            unread = ImageIds(findable.unread)
            findable = await asyncio.to_thread(_located, vectors, findable, unread, locate)
        if named.digest:
            self._known[named.digest] = findable
            self._known.move_to_end(named.digest)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return findable


def _located(vectors: KeptVectors, before: Findable, images: ImageIds, locate: Locate) -> Findable:
    """What may be found once the rows of further images are known."""
    rows, is_kept = locate(vectors, images)
    mask = before.mask(len(vectors))
    mask[rows] = True
    return Findable(mask, images.pack(np.flatnonzero(~is_kept)))
