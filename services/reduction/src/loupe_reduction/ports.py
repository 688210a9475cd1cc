"""What the outside must give."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.features import FeatureBlock, FeatureSource, ObjectBlock, VectorSpace
from loupe_reduction.domain.jobs import Job, Result, SpooledFeatures
from loupe_reduction.domain.progress import Report


class FeatureReader(Protocol):
    """Where vectors are read from."""

    def read(self, source: FeatureSource, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        """Streams the vectors of images, in any order; images without one are absent.

        Args:
            source: the space of the vectors.
            image_ids: ids, 16 bytes each, at most 1,000,000.

        Raises:
            FeaturesUnavailable: the vectors cannot be read now.
        """
        ...

    def read_objects(self, source: FeatureSource, image_ids: bytes) -> AsyncIterator[ObjectBlock]:
        """Streams the vectors of the objects in images, in any order of images; images without objects are absent.

        Args:
            source: the space of the vectors.
            image_ids: ids, 16 bytes each, at most 1,000,000.

        Raises:
            FeaturesUnavailable: the vectors cannot be read now.
        """
        ...

    async def missing(self, source: FeatureSource, image_ids: bytes) -> bytes:
        """Returns the ids of those of the images that have no vector, each once.

        Args:
            source: the space of the vectors.
            image_ids: ids, 16 bytes each, at most 1,000,000.

        Raises:
            FeaturesUnavailable: nobody says so now.
        """
        ...


class FeatureSpool(Protocol):
    """Takes the vectors of one call until a worker has read them."""

    async def append(self, values: NDArray[np.float32]) -> None:
        """Adds vectors: array (N, D), float32."""
        ...

    def finish(self, dimension: int, order: NDArray[np.int64]) -> SpooledFeatures:
        """Returns what was added, for a worker."""
        ...


class Worker(Protocol):
    """A process that is reserved for one piece of work."""

    async def ready(self) -> None:
        """Waits until the process has started; if it cannot, `run` says why."""
        ...

    async def run(self, job: Job, features: SpooledFeatures, report: Report) -> Result:
        """Does the work. Cancelling the call ends the process.

        Raises:
            WorkerCrashed: the process ended before it was done.
            LoupeError: what the job itself refuses.
        """
        ...


class Workers(Protocol):
    """The processes, of which there are only so many."""

    def reserve(self, requester: str, on_position: Callable[[int], None]) -> AbstractAsyncContextManager[Worker]:
        """Waits for a free process and keeps it until the end of the block.

        Args:
            requester: who it is for; those who wait are served in turns.
            on_position: is told the place in the queue, 1 is next, whenever it changes.

        Raises:
            QueueFull: too many are waiting already.
        """
        ...


class KeptVectors(Protocol):
    """Vectors of one space that were read before, and the nearest among some of them."""

    def __len__(self) -> int:
        """Returns the number of rows."""
        ...

    @property
    def dimension(self) -> int:
        """Returns the length of the vectors; 0 while nothing is kept."""
        ...

    @property
    def is_to_be_cut(self) -> bool:
        """Whether searches would be faster after `cut`."""
        ...

    def find(self, ids: bytes) -> NDArray[np.int64]:
        """Returns for each packed id its row, -1 if it has none: array, int64."""
        ...

    def ids(self, rows: NDArray[np.int64]) -> bytes:
        """Returns the ids of some rows, one after the other."""
        ...

    def image_ids(self) -> bytes:
        """Returns for each row the id of its image, the first 16 bytes of its own; zeros where it was forgotten."""
        ...

    def append(self, ids: bytes, values: NDArray[np.float32]) -> None:
        """Adds vectors whose ids have no row yet: array (N, D), float32."""
        ...

    def vector(self, row: int) -> NDArray[np.float32]:
        """Returns a row as a vector of length 1: array (D,), float32."""
        ...

    def nearest(
        self, vector: NDArray[np.float32], among: NDArray[np.bool_], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Returns the rows that are most like a vector, the most alike first, and their similarities.

        Args:
            vector: array (D,), float32, not zero.
            among: array (N,), bool: which rows may be found.
            count: how many, at least 1.
        """
        ...

    def cut(self) -> None:
        """Prepares for faster searches; takes minutes, and others may append, forget and search meanwhile."""
        ...

    def forget(self, image_ids: bytes) -> None:
        """Writes zeros over all rows of images, 16 bytes an id."""
        ...

    @property
    def is_to_be_emptied(self) -> bool:
        """Whether most of its rows were forgotten."""
        ...

    def empty(self) -> None:
        """Throws all rows away, also those that were not forgotten. Not while another thread runs `cut`."""
        ...


class VectorShelf(Protocol):
    """Where vectors are kept."""

    def open(self, space: VectorSpace) -> KeptVectors:
        """Returns what is kept of a space, nothing yet of a new one."""
        ...

    def spaces(self) -> list[VectorSpace]:
        """Returns all of which something is kept."""
        ...


SpoolFactory = Callable[[], AbstractAsyncContextManager[FeatureSpool]]
"""Opens a spool that is thrown away at the end of the block."""
