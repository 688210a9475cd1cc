"""The stores of vectors that are open: one for what is searched in one project by one source."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from loupe_reduction.domain.errors import DimensionMismatch
from loupe_reduction.ports import KeptVectors

_OPEN = 64
"""Stores that stay open; one costs memory for its ids only."""


@dataclass
class KeptStore:
    """An open store; whoever reads or writes it holds its lock."""

    vectors: KeptVectors
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _cutting: threading.Thread | None = None

    def cut_when_worth_it(self) -> None:
        """Begins to prepare for faster searches, where the store has grown enough."""
        if self.vectors.is_to_be_cut and (self._cutting is None or not self._cutting.is_alive()):
            # Nobody waits for it: it takes minutes, the service may stop meanwhile, and only what is complete counts.
            self._cutting = threading.Thread(target=self.vectors.cut, name="cut-vectors", daemon=True)
            self._cutting.start()

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


class KeptStores:
    """Opens stores and forgets those that were not asked for in a long time.

    Args:
        open_vectors: opens what is kept under a name.
    """

    def __init__(self, open_vectors: Callable[[str], KeptVectors]) -> None:
        self._open_vectors = open_vectors
        self._opened: OrderedDict[str, KeptStore] = OrderedDict()

    async def open(self, what: str) -> KeptStore:
        """Returns the store of what is searched.

        Args:
            what: project and source; the store's name is made from it.
        """
        name = hashlib.sha256(what.encode()).hexdigest()[:32]
        found = self._opened.pop(name, None)
        if found is None:
            found = KeptStore(await asyncio.to_thread(self._open_vectors, name))
        self._opened[name] = found
        while len(self._opened) > _OPEN:
            self._opened.popitem(last=False)
        return found
