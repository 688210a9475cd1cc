"""Lets a head say the classes of images."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain import heads
from loupe_reduction.domain.errors import DimensionMismatch
from loupe_reduction.domain.features import FeatureBlock, FeatureSource
from loupe_reduction.domain.heads import Head
from loupe_reduction.ports import FeatureReader


@dataclass(frozen=True)
class Answers:
    """What a head says of some images."""

    image_ids: bytes
    """Ids, 16 bytes each."""

    probabilities: NDArray[np.float32]
    """Array (N, C), float32, rows add up to 1."""


class ApplyHead:
    """Reads vectors and answers block by block, in a thread of this process.

    That is a product of two matrices: not worth a process of its own, nor a wait behind a map that takes minutes.

    Args:
        reader: where vectors are read from.
    """

    def __init__(self, reader: FeatureReader) -> None:
        self._reader = reader

    async def __call__(self, source: FeatureSource, content: bytes, image_ids: bytes) -> AsyncIterator[Answers]:
        """Answers for the images that have a finite vector, as they come; others are absent.

        Args:
            source: the space of the vectors.
            content: the head, see `domain.heads`.
            image_ids: ids, 16 bytes each.

        Raises:
            HeadInvalid: the bytes are no head.
            DimensionMismatch: a vector is of another length than those that the head has learnt from.
            FeaturesUnavailable: the vectors cannot be read now.
        """
        head = await asyncio.to_thread(heads.from_bytes, content)
        async for block in self._reader.read(source, image_ids):
            if block.image_ids:
                _check(head, block, source)
                yield await asyncio.to_thread(_answers, head, block)


def _check(head: Head, block: FeatureBlock, source: FeatureSource) -> None:
    dimension = block.values.shape[1]
    if dimension != head.dimension:
        raise DimensionMismatch(
            f"The vectors of {source} have {dimension} numbers, those that the head has learnt from had "
            f"{head.dimension}; teach it again.",
            dimension=str(dimension),
            expected=str(head.dimension),
            image_id=block.image_ids[:16].hex(),
        )


def _answers(head: Head, block: FeatureBlock) -> Answers:
    finite = np.isfinite(block.values).all(axis=1)
    if finite.all():
        return Answers(block.image_ids, head.probabilities(block.values))
    known = np.frombuffer(block.image_ids, np.uint8).reshape(-1, 16)[finite]
    return Answers(known.tobytes(), head.probabilities(block.values[finite]))
