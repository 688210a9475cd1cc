"""Fakes of the ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_kit import ids
from loupe_reduction.domain.features import FeatureBlock, FeatureSource, ObjectBlock
from loupe_reduction.domain.jobs import Job, Result, Selection, SpooledFeatures
from loupe_reduction.domain.progress import Phase, Progress, Report
from loupe_reduction.ports import FeatureSpool, Worker

SOURCE = FeatureSource("efficientnet-lite0", "1")


class InMemoryFeatureReader:
    """Vectors by image id, given out in blocks of three, last image first."""

    def __init__(self, vectors: dict[str, NDArray[np.float32]]) -> None:
        self.vectors = vectors
        self.asked: list[FeatureSource] = []

    async def read(self, source: FeatureSource, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        self.asked.append(source)
        known = [image_id for image_id in reversed(ids.unpack_ids(image_ids)) if image_id in self.vectors]
        for start in range(0, len(known), 3):
            part = known[start : start + 3]
            lengths = {len(self.vectors[image_id]) for image_id in part}
            for length in sorted(lengths):
                same = [image_id for image_id in part if len(self.vectors[image_id]) == length]
                values = np.asarray([self.vectors[image_id] for image_id in same], np.float32)
                yield FeatureBlock(ids.pack_ids(same), values)

    async def read_objects(self, source: FeatureSource, image_ids: bytes) -> AsyncIterator[ObjectBlock]:
        for _ in ids.unpack_ids(image_ids):
            raise AssertionError("nobody asks this reader for objects")
        yield ObjectBlock(b"", np.zeros((0, 1), np.float32))

    async def missing(self, source: FeatureSource, image_ids: bytes) -> bytes:
        return ids.pack_ids([one for one in ids.unpack_ids(image_ids) if one not in self.vectors])


class InMemorySpool:
    """Keeps vectors in a list."""

    def __init__(self) -> None:
        self.values: list[NDArray[np.float32]] = []

    async def append(self, values: NDArray[np.float32]) -> None:
        self.values.append(values)

    def finish(self, dimension: int, order: NDArray[np.int64]) -> SpooledFeatures:
        return SpooledFeatures(Path("memory"), dimension, order)

    def rows(self, features: SpooledFeatures) -> NDArray[np.float32]:
        """Returns the vectors in the order of the request."""
        return np.concatenate(self.values)[features.order]


class SpoolShelf:
    """A spool factory that remembers what it opened."""

    def __init__(self) -> None:
        self.opened: list[InMemorySpool] = []
        self.closed = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[FeatureSpool]:
        self.opened.append(InMemorySpool())
        try:
            yield self.opened[-1]
        finally:
            self.closed += 1


class ImmediateWorkers:
    """Answers every job at once with the same result, or waits for ever."""

    def __init__(self, result: Result | None = None) -> None:
        self.result = result
        self.jobs: list[Job] = []
        self.requesters: list[str] = []
        self.cancelled = 0
        self.started = asyncio.Event()
        self.reserved = 0

    @asynccontextmanager
    async def reserve(self, requester: str, on_position: Callable[[int], None]) -> AsyncIterator[Worker]:
        self.requesters.append(requester)
        on_position(1)
        self.reserved += 1
        try:
            yield self
        finally:
            self.reserved -= 1

    async def ready(self) -> None:
        pass

    async def run(self, job: Job, features: SpooledFeatures, report: Report) -> Result:
        self.jobs.append(job)
        self.started.set()
        report(Progress(Phase.LAYOUT, 0.5))
        if self.result is None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            raise AssertionError
        return self.result


def first_pick() -> Selection:
    """Returns a selection of the first row alone."""
    one = np.zeros(1, np.int64)
    return Selection(picks=one, represented=one + 12, gains=one + 12, coverage=0.5)
