"""Finds the images that are most like one, among those that are named."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.errors import FeaturesMissing
from loupe_reduction.domain.features import FeatureSource, ImageIds, VectorSpace
from loupe_reduction.domain.recipe import check_range
from loupe_reduction.ports import FeatureReader, KeptVectors
from loupe_reduction.use_cases.kept_stores import KeptStore, KeptStores

MAX_COUNT = 1_000


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


class FindNeighbours:
    """Keeps what it has read, reads what is new, searches.

    Args:
        reader: where vectors are read from.
        stores: what is kept.
    """

    def __init__(self, reader: FeatureReader, stores: KeptStores) -> None:
        self._reader = reader
        self._stores = stores

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
        store = await self._stores.open(VectorSpace(wish.project_id, wish.source, of_objects=False))
        async with store.lock:
            packed = images.pack(np.arange(len(images)))
            await self._read_new(store, wish.source, packed + wish.image_id)
            vector = _vector(store, wish)
            found = await asyncio.to_thread(_search, store.vectors, wish, packed, vector)
            store.cut_when_worth_it()
        return found

    async def _read_new(self, store: KeptStore, source: FeatureSource, packed: bytes) -> None:
        rows = await asyncio.to_thread(store.vectors.find, packed)
        new = np.frombuffer(packed, "S16")[rows < 0]
        if not new.size:
            return
        async for block in self._reader.read(source, new.tobytes()):
            if not block.image_ids:
                continue
            store.check_dimension(block.values.shape[1])
            await asyncio.to_thread(store.vectors.append, block.image_ids, block.values)


def _vector(store: KeptStore, wish: Wish) -> NDArray[np.float32]:
    if not wish.image_id:
        store.check_dimension(len(wish.vector))
        return wish.vector
    row = int(store.vectors.find(wish.image_id)[0])
    if row < 0:
        raise FeaturesMissing(
            f"The image has no features of {wish.source}. Wait until it is analysed, or choose a model that it has "
            "features of.",
            source=str(wish.source),
            count="1",
        )
    return store.vectors.vector(row)


def _search(vectors: KeptVectors, wish: Wish, packed: bytes, vector: NDArray[np.float32]) -> Found:
    rows = vectors.find(packed)
    if wish.image_id:
        rows[rows == vectors.find(wish.image_id)[0]] = -1
    places = np.flatnonzero(rows >= 0)
    among = np.zeros(len(vectors), np.bool_)
    among[rows[places]] = True
    best, similarities = vectors.nearest(vector, among, wish.count)
    place_of = np.full(len(vectors), -1, np.int64)
    place_of[rows[places]] = places
    return Found(place_of[best], similarities, len(places))
