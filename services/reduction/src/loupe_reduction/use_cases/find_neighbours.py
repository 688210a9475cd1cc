"""Finds the images that are most like one, among those that are named."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.errors import DimensionMismatch, FeaturesMissing
from loupe_reduction.domain.features import FeatureSource, ImageIds
from loupe_reduction.domain.recipe import check_range
from loupe_reduction.ports import FeatureReader, KeptVectors

MAX_COUNT = 1_000
_OPEN = 64
"""Stores that stay open; one costs memory for its ids only."""


@dataclass(frozen=True)
class Wish:
    """Whose neighbours are searched."""

    project_id: str
    source: FeatureSource
    image_id: bytes
    """16 bytes; empty where a vector is given."""
    vector: NDArray[np.float32]
    """Array (D,); empty where an image is named."""
    count: int


@dataclass(frozen=True)
class Found:
    """What is near."""

    rows: NDArray[np.int64]
    """Array (K,), int64: places among the images that were named, the nearest first."""
    similarities: NDArray[np.float32]
    """Array (K,), float32."""
    searched: int
    """Images that have a vector."""


@dataclass
class _Opened:
    vectors: KeptVectors
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    cutting: threading.Thread | None = None


class FindNeighbours:
    """Keeps what it has read, reads what is new, searches.

    Args:
        reader: where vectors are read from.
        open_vectors: opens what is kept under a name.
    """

    def __init__(self, reader: FeatureReader, open_vectors: Callable[[str], KeptVectors]) -> None:
        self._reader = reader
        self._open_vectors = open_vectors
        self._opened: OrderedDict[str, _Opened] = OrderedDict()

    async def __call__(self, wish: Wish, images: ImageIds) -> Found:
        """Searches.

        Args:
            wish: what to search.
            images: those that may be found.

        Raises:
            ParameterOutOfRange: the count is out of its range.
            FeaturesMissing: the image that is asked about has no vector.
            DimensionMismatch: the vector has another length than those that are kept.
            FeaturesUnavailable: vectors cannot be read now.
        """
        check_range("count", wish.count, 1, MAX_COUNT)
        opened = await self._open(wish)
        async with opened.lock:
            packed = images.pack(np.arange(len(images)))
            await self._read_new(opened.vectors, wish.source, packed + wish.image_id)
            vector = self._vector(opened.vectors, wish)
            found = await asyncio.to_thread(_search, opened.vectors, wish, packed, vector)
        if opened.vectors.is_to_be_cut and (opened.cutting is None or not opened.cutting.is_alive()):
            # Nobody waits for it: it takes minutes, the service may stop meanwhile, and only what is complete counts.
            opened.cutting = threading.Thread(target=opened.vectors.cut, name="cut-vectors", daemon=True)
            opened.cutting.start()
        return found

    async def _open(self, wish: Wish) -> _Opened:
        name = hashlib.sha256(f"{wish.project_id} {wish.source}".encode()).hexdigest()[:32]
        found = self._opened.pop(name, None)
        if found is None:
            found = _Opened(await asyncio.to_thread(self._open_vectors, name))
        self._opened[name] = found
        while len(self._opened) > _OPEN:
            self._opened.popitem(last=False)
        return found

    async def _read_new(self, vectors: KeptVectors, source: FeatureSource, packed: bytes) -> None:
        rows = await asyncio.to_thread(vectors.find, packed)
        new = np.frombuffer(packed, "S16")[rows < 0]
        if not new.size:
            return
        async for block in self._reader.read(source, new.tobytes()):
            if not block.image_ids:
                continue
            _check_dimension(vectors, block.values.shape[1])
            await asyncio.to_thread(vectors.append, block.image_ids, block.values)

    def _vector(self, vectors: KeptVectors, wish: Wish) -> NDArray[np.float32]:
        if not wish.image_id:
            _check_dimension(vectors, len(wish.vector))
            return wish.vector
        row = int(vectors.find(wish.image_id)[0])
        if row < 0:
            raise FeaturesMissing(
                f"The image has no features of {wish.source}. Wait until it is analysed, or choose a model that it has "
                "features of.",
                source=str(wish.source),
                count="1",
            )
        return vectors.vector(row)


def _search(vectors: KeptVectors, wish: Wish, packed: bytes, vector: NDArray[np.float32]) -> Found:
    rows = vectors.find(packed)
    if wish.image_id:
        rows[rows == vectors.find(wish.image_id)[0]] = -1
    places = np.flatnonzero(rows >= 0)
    best, similarities = vectors.nearest(vector, rows[places], wish.count)
    place_of = np.full(len(vectors), -1, np.int64)
    place_of[rows[places]] = places
    return Found(place_of[best], similarities, len(places))


def _check_dimension(vectors: KeptVectors, dimension: int) -> None:
    if vectors.dimension and vectors.dimension != dimension:
        raise DimensionMismatch(
            f"A vector has {dimension} numbers, those that are kept have {vectors.dimension}; compare vectors of one "
            "model and version.",
            dimension=str(dimension),
            expected=str(vectors.dimension),
            image_id="",
        )
