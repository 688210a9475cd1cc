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
from loupe_reduction.use_cases.kept_stores import KeptStore, KeptStores

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

    async def __call__(self, wish: ObjectWish, images: ImageIds) -> FoundObjects:
        """Searches.

        Args:
            wish: what to search.
            images: those whose objects may be found.

        Raises:
            ParameterOutOfRange: the count or the object is out of its range.
            FeaturesMissing: the object that is asked about has no vector.
            FeaturesUnavailable: vectors cannot be read now.
        """
        check_range("count", wish.count, 1, MAX_COUNT)
        check_range("object", wish.object, 0, MAX_OBJECT)
        store = await self._stores.open(VectorSpace(wish.project_id, wish.source, of_objects=True))
        async with store.lock:
            await self._read_new(store, wish, images)
            found = await asyncio.to_thread(_search, store.vectors, wish, images)
            store.cut_when_worth_it()
        return found

    async def _read_new(self, store: KeptStore, wish: ObjectWish, images: ImageIds) -> None:
        new = await asyncio.to_thread(_unread, store.vectors, images, wish.image_id)
        if not new:
            return
        async for block in self._reader.read_objects(wish.source, new):
            if not block.object_ids:
                continue
            store.check_dimension(block.values.shape[1])
            await asyncio.to_thread(store.vectors.append, block.object_ids, block.values)


def _unread(vectors: KeptVectors, images: ImageIds, asked: bytes) -> bytes:
    """Ids of those images of which no object is kept."""
    kept = vectors.image_ids()
    is_new = np.ones(len(images), np.bool_)
    places = images.find(kept) if len(images) else np.zeros(0, np.int64)
    is_new[places[places >= 0]] = False
    new = images.pack(np.flatnonzero(is_new))
    is_named = len(images) > 0 and images.find(asked)[0] >= 0
    is_kept = bool((np.frombuffer(kept, "S16") == np.frombuffer(asked, "S16")).any())
    return new if is_named or is_kept else new + asked


def _search(vectors: KeptVectors, wish: ObjectWish, images: ImageIds) -> FoundObjects:
    own = int(vectors.find(object_id(wish.image_id, wish.object))[0]) if len(vectors) else -1
    if own < 0:
        raise FeaturesMissing(
            f"The image has no object {wish.object} with features of {wish.source}. Only detectors find objects; they "
            "are counted from 0, in the order of the prediction's boxes.",
            source=str(wish.source),
            count="1",
        )
    allowed = images.find(vectors.image_ids()) >= 0 if len(images) else np.zeros(len(vectors), np.bool_)
    allowed[own] = False
    best, similarities = vectors.nearest(vectors.vector(own), allowed, wish.count)
    ids = np.frombuffer(vectors.ids(best), np.uint8).reshape(-1, BYTES_PER_OBJECT)
    objects = ids[:, BYTES_PER_ID:].astype(np.int64) @ np.array([256, 1])
    return FoundObjects(ids[:, :BYTES_PER_ID].tobytes(), objects, similarities, int(np.count_nonzero(allowed)))
