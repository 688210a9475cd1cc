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
from loupe_reduction.use_cases.findable import Findable, Named
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

    image_ids: bytes
    """K ids, 16 bytes each, the nearest first."""
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

    async def __call__(self, wish: Wish, named: Named) -> Found | None:
        """Searches; returns None if the images are named by a digest that says nothing.

        Args:
            wish: what to search.
            named: the images that may be found.

        Raises:
            ParameterOutOfRange: the count is out of its range.
            FeaturesMissing: the image that is asked about has no vector.
            DimensionMismatch: the vector has another length than those that are kept.
            FeaturesUnavailable: vectors cannot be read now.
        """
        check_range("count", wish.count, 1, MAX_COUNT)
        store = await self._stores.open(VectorSpace(wish.project_id, wish.source, of_objects=False))

        async def read(image_ids: bytes) -> None:
            async for block in self._reader.read(wish.source, image_ids):
                if block.image_ids:
                    store.check_dimension(block.values.shape[1])
                    await asyncio.to_thread(store.vectors.append, block.image_ids, block.values)

        async with store.lock:
            findable = await store.remembered.findable(store.vectors, named, _locate, read)
            if findable is None:
                return None
            if wish.image_id and store.vectors.find(wish.image_id)[0] < 0:
                await read(wish.image_id)
            found = await asyncio.to_thread(_search, store, wish, findable)
            store.cut_when_worth_it()
        return found


def _locate(vectors: KeptVectors, images: ImageIds) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    rows = vectors.find(images.packed())
    is_kept = rows >= 0
    return rows[is_kept], is_kept


def _search(store: KeptStore, wish: Wish, findable: Findable) -> Found:
    vectors = store.vectors
    among = findable.mask(len(vectors))
    if wish.image_id:
        row = int(vectors.find(wish.image_id)[0])
        if row < 0:
            raise FeaturesMissing(
                f"The image has no features of {wish.source}. Wait until it is analysed, or choose a model that it "
                "has features of.",
                source=str(wish.source),
                count="1",
            )
        among[row] = False
        vector = vectors.vector(row)
    else:
        store.check_dimension(len(wish.vector))
        vector = wish.vector
    best, similarities = vectors.nearest(vector, among, wish.count)
    return Found(vectors.ids(best), similarities, int(np.count_nonzero(among)))
