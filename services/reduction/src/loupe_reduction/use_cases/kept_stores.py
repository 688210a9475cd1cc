"""The stores of vectors that are open: one for what is searched in one project by one source."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from loupe_reduction.domain.errors import DimensionMismatch
from loupe_reduction.domain.features import VectorSpace
from loupe_reduction.ports import KeptVectors, VectorShelf
from loupe_reduction.use_cases.findable import RememberedImages

_OPEN = 64
"""Stores that stay open; one costs memory for its ids only."""


@dataclass
class KeptStore:
    """An open store; whoever does anything with it holds its lock."""

    vectors: KeptVectors
    remembered: RememberedImages = field(default_factory=RememberedImages)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _cutting: threading.Thread | None = None

    def cut_when_worth_it(self) -> None:
        """Begins to prepare for faster searches, where the store has grown enough."""
        if self.vectors.is_to_be_cut and not self._is_being_cut():
            # Nobody waits for it: it takes minutes, the service may stop meanwhile, and only what is complete counts.
            self._cutting = threading.Thread(target=self.vectors.cut, name="cut-vectors", daemon=True)
            self._cutting.start()

    def forget(self, image_ids: bytes) -> None:
        """Forgets all vectors of images, 16 bytes an id.

        Where most was forgotten, everything is thrown away; what is searched again is read again.
        """
        self.remembered.clear()
        self.vectors.forget(image_ids)
        if self.vectors.is_to_be_emptied and not self._is_being_cut():
            self.vectors.empty()

    def check_dimension(self, dimension: int) -> None:
        """Lets vectors pass that can be compared with those that are kept.

        Raises:
            DimensionMismatch: they have another length.
        """
        kept = self.vectors.dimension
        if kept and kept != dimension:
            raise DimensionMismatch(
                f"A vector has {dimension} numbers, those that are kept have {kept}; compare vectors of one model and "
                "version.",
                dimension=str(dimension),
                expected=str(kept),
                image_id="",
            )

    def _is_being_cut(self) -> bool:
        return self._cutting is not None and self._cutting.is_alive()


class KeptStores:
    """Opens stores and closes those that were not asked for in a long time.

    Args:
        shelf: where vectors are kept.
    """

    def __init__(self, shelf: VectorShelf) -> None:
        self._shelf = shelf
        self._opened: OrderedDict[VectorSpace, KeptStore] = OrderedDict()
        self._opening = asyncio.Lock()

    async def open(self, space: VectorSpace) -> KeptStore:
        """Returns the store of a space, the same one to all who use it at once."""
        async with self._opening:
            found = self._opened.pop(space, None)
            if found is None:
                found = KeptStore(await asyncio.to_thread(self._shelf.open, space))
            self._opened[space] = found
            idle = [one for one, store in self._opened.items() if one != space and not store.lock.locked()]
            for one in idle[: max(0, len(self._opened) - _OPEN)]:
                del self._opened[one]
        return found

    async def spaces(self) -> list[VectorSpace]:
        """Returns all of which something is kept, open or not."""
        return await asyncio.to_thread(self._shelf.spaces)
