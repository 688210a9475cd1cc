"""Background task that forgets vectors of images that are gone.

What is kept here was read from the inference service, so it alone is asked what still is: no message about a deletion
can get lost, every replica has its own disk in order, and what a search read in the moment of a deletion goes as well.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import numpy as np
import structlog

from loupe_kit.periodic import PeriodicTask
from loupe_reduction.domain.features import BYTES_PER_ID, VectorSpace
from loupe_reduction.ports import FeatureReader
from loupe_reduction.use_cases.kept_stores import KeptStores

INTERVAL = timedelta(hours=1)
IDS_AT_ONCE = 100_000

_log = structlog.get_logger("loupe.reduction.forgetting")


class VectorForgetter(PeriodicTask):
    """Compares what is kept with what there is, at the start and every hour.

    Args:
        reader: knows what there is.
        stores: what is kept.
        interval: from one look to the next.
    """

    def __init__(self, reader: FeatureReader, stores: KeptStores, interval: timedelta = INTERVAL) -> None:
        super().__init__("vector-forgetter", interval.total_seconds())
        self._reader = reader
        self._stores = stores

    async def forget(self) -> int:
        """Forgets all vectors whose images have none any more; returns the number of images.

        Raises:
            FeaturesUnavailable: the inference service does not answer.
        """
        return sum([await self._forget(space) for space in await self._stores.spaces()])

    async def _forget(self, space: VectorSpace) -> int:
        store = await self._stores.open(space)
        async with store.lock:
            kept = np.unique(np.frombuffer(store.vectors.image_ids(), f"S{BYTES_PER_ID}"))
        kept = kept[kept != b""]
        gone = [
            await self._reader.missing(space.source, kept[start : start + IDS_AT_ONCE].tobytes())
            for start in range(0, len(kept), IDS_AT_ONCE)
        ]
        image_ids = b"".join(gone)
        if image_ids:
            async with store.lock:
                await asyncio.to_thread(store.forget, image_ids)
        return len(image_ids) // BYTES_PER_ID

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        count = await self.forget()
        if count:
            _log.info("vectors_forgotten", images=count)
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.warning("vectors_not_forgotten", error=str(error))
