"""Brings the vectors of the images of a call together and refuses those that cannot be worked with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.errors import DimensionMismatch, FeaturesMissing, NonFiniteFeatures, TooFewPoints
from loupe_reduction.domain.features import FeatureBlock, FeatureSource, ImageIds
from loupe_reduction.domain.jobs import SpooledFeatures
from loupe_reduction.ports import FeatureReader, FeatureSpool

NAMED = 5
"""Images that an error names; more would not fit into the metadata of an error."""


@dataclass(frozen=True)
class Gathered:
    """The vectors of one call."""

    features: SpooledFeatures

    rows: NDArray[np.int64]
    """Array (N,), int64: the images of the request that have a vector, in its order."""

    skipped: NDArray[np.int64]
    """Array, int64: the images that have none, in the order of the request."""


async def gather_features(
    reader: FeatureReader,
    spool: FeatureSpool,
    source: FeatureSource,
    images: ImageIds,
    *,
    minimum: int,
    on_fraction: Callable[[float], None],
) -> Gathered:
    """Reads the vectors of images into a spool.

    Args:
        reader: where they are read from.
        spool: where they are kept.
        source: the space of the vectors.
        images: the images of the request.
        minimum: number of vectors that the work needs.
        on_fraction: is told the share of the images that was read, in [0, 1].

    Raises:
        FeaturesMissing: no image has a vector.
        TooFewPoints: fewer than `minimum` images have one.
        DimensionMismatch: two vectors have different lengths.
        NonFiniteFeatures: vectors hold NaN or infinity.
        FeaturesUnavailable: the vectors cannot be read now.
    """
    collector = _Collector(images)
    async for block in reader.read(source, images.pack(np.arange(len(images)))):
        if block.image_ids:
            collector.check(block)
            await spool.append(block.values)
            on_fraction(min(1.0, collector.read / len(images)))
    collector.refuse_non_finite()
    rows = np.flatnonzero(collector.place_of >= 0)
    skipped = np.flatnonzero(collector.place_of < 0)
    _check_count(rows.size, skipped.size, minimum, source)
    return Gathered(spool.finish(collector.dimension, collector.place_of[rows]), rows, skipped)


class _Collector:
    """Keeps where each vector is and what is wrong with it."""

    def __init__(self, images: ImageIds) -> None:
        self.place_of = np.full(len(images), -1, np.int64)
        self.dimension = 0
        self.read = 0
        self._images = images
        self._non_finite: list[NDArray[np.int64]] = []

    def check(self, block: FeatureBlock) -> None:
        """Takes note of a block that is about to be spooled."""
        rows = self._images.find(block.image_ids)
        count, dimension = block.values.shape
        if self.dimension and dimension != self.dimension:
            self._refuse_dimension(rows, dimension)
        self.dimension = dimension
        known = rows >= 0
        self.place_of[rows[known]] = self.read + np.flatnonzero(known)
        self.read += count
        finite = np.isfinite(block.values).all(axis=1)
        self._non_finite.append(rows[known & ~finite])

    def _refuse_dimension(self, rows: NDArray[np.int64], dimension: int) -> None:
        image_id = self._images.text(int(rows[0])) if rows[0] >= 0 else "unknown"
        raise DimensionMismatch(
            f"The vector of image {image_id} has {dimension} numbers, those before it have {self.dimension}. "
            "Compute or upload the features of these images again, all with one model.",
            image_id=image_id,
            dimension=str(dimension),
            expected=str(self.dimension),
        )

    def refuse_non_finite(self) -> None:
        """Raises NonFiniteFeatures if a vector cannot be computed with."""
        rows = np.sort(np.concatenate([np.empty(0, np.int64), *self._non_finite]))
        if rows.size == 0:
            return
        named = ",".join(self._images.text(int(row)) for row in rows[:NAMED])
        raise NonFiniteFeatures(
            f"The vectors of {rows.size} images hold NaN or infinity, the first of them {named}. "
            "Leave these images out, or compute their features again.",
            count=str(rows.size),
            image_ids=named,
        )


def _check_count(count: int, without: int, minimum: int, source: FeatureSource) -> None:
    if count == 0:
        raise FeaturesMissing(
            f"None of the {without} images has features of {source}. Wait until they are analysed, or choose the "
            "model or feature set that they have.",
            source=str(source),
            count=str(without),
        )
    if count < minimum:
        raise TooFewPoints(
            f"{count} images with features are too few, {minimum} are needed"
            + (f"; {without} more images have no features of {source} yet." if without else "; select more images."),
            count=str(count),
            minimum=str(minimum),
            without_features=str(without),
        )
