"""Finds the objects that are most like one, among those in images that are named."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.errors import FeaturesMissing
from loupe_reduction.domain.features import (
    BYTES_PER_ID,
    BYTES_PER_OBJECT,
    FeatureSource,
    ImageIds,
    VectorSpace,
    object_id,
)
from loupe_reduction.domain.recipe import check_range
from loupe_reduction.ports import FeatureReader, KeptVectors
from loupe_reduction.use_cases.find_neighbours import MAX_COUNT
from loupe_reduction.use_cases.findable import Findable, Named
from loupe_reduction.use_cases.kept_stores import KeptStores

MAX_OBJECT = 299


@dataclass(frozen=True)
class ObjectWish:
    """Which object's neighbours are searched."""

    project_id: str
    source: FeatureSource
    image_id: bytes
    """16 bytes."""
    object: int
    """Place among the objects of the image."""
    count: int


@dataclass(frozen=True)
class FoundObjects:
    """What is near: K objects, the nearest first."""

    image_ids: bytes
    """Of their images, 16 bytes each."""
    objects: NDArray[np.int64]
    """Array (K,), int64: their places in the images."""
    similarities: NDArray[np.float32]
    """Array (K,), float32."""
    searched: int
    """Objects among which was searched."""


class FindNeighbourObjects:
    """Keeps what it has read, reads what is new, searches.

    Args:
        reader: where vectors are read from.
        stores: what is kept.
    """

    def __init__(self, reader: FeatureReader, stores: KeptStores) -> None:
        self._reader = reader
        self._stores = stores

    async def __call__(self, wish: ObjectWish, named: Named) -> FoundObjects | None:
        """Searches; returns None if the images are named by a digest that says nothing.

        Args:
            wish: what to search.
            named: the images whose objects may be found.

        Raises:
            ParameterOutOfRange: the count or the object is out of its range.
            FeaturesMissing: the object that is asked about has no vector.
            FeaturesUnavailable: vectors cannot be read now.
        """
        check_range("count", wish.count, 1, MAX_COUNT)
        check_range("object", wish.object, 0, MAX_OBJECT)
        store = await self._stores.open(VectorSpace(wish.project_id, wish.source, of_objects=True))

        async def read(image_ids: bytes) -> None:
            async for block in self._reader.read_objects(wish.source, image_ids):
                if block.object_ids:
                    store.check_dimension(block.values.shape[1])
                    await asyncio.to_thread(store.vectors.append, block.object_ids, block.values)

        async with store.lock:
            findable = await store.remembered.findable(store.vectors, named, _locate, read)
            if findable is None:
                return None
            if store.vectors.find(object_id(wish.image_id, wish.object))[0] < 0:
                await read(wish.image_id)
            found = await asyncio.to_thread(_search, store.vectors, wish, findable)
            store.cut_when_worth_it()
        return found


def _locate(vectors: KeptVectors, images: ImageIds) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    is_kept = np.zeros(len(images), np.bool_)
    places = images.find(vectors.image_ids()) if len(images) else np.full(len(vectors), -1, np.int64)
    rows = np.flatnonzero(places >= 0)
    is_kept[places[rows]] = True
    return rows, is_kept


def _search(vectors: KeptVectors, wish: ObjectWish, findable: Findable) -> FoundObjects:
    own = int(vectors.find(object_id(wish.image_id, wish.object))[0])
    if own < 0:
        raise FeaturesMissing(
            f"The image has no object {wish.object} with features of {wish.source}. Only detectors find objects; they "
            "are counted from 0, in the order of the prediction's boxes.",
            source=str(wish.source),
            count="1",
        )
    among = findable.mask(len(vectors))
    among[own] = False
    best, similarities = vectors.nearest(vectors.vector(own), among, wish.count)
    ids = np.frombuffer(vectors.ids(best), np.uint8).reshape(-1, BYTES_PER_OBJECT)
    objects = ids[:, BYTES_PER_ID:].astype(np.int64) @ np.array([256, 1])
    return FoundObjects(ids[:, :BYTES_PER_ID].tobytes(), objects, similarities, int(np.count_nonzero(among)))
