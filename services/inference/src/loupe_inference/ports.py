"""What the inference service needs from outside."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Protocol

from loupe_inference.domain.analysis import ClaimedTask, ImageSource, Outcome, TaskResult
from loupe_inference.domain.features import FeatureBlock, FeatureKey, FeatureSet, Matrix, ObjectFeatureBlock


class BackendDied(Exception):
    """The process that computes died or was killed during a call.

    Args:
        exit_code: As the system gives it; minus the signal's number if a signal killed it. None if unknown.
    """

    def __init__(self, exit_code: int | None) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code


class BackendTimedOut(Exception):
    """The process that computes did not answer in time and was killed."""


class ModelBackend(Protocol):
    """Runs models on batches of encoded images."""

    async def analyse(
        self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
    ) -> list[Outcome]:
        """Analyse images; one outcome for each, in order.

        Args:
            model: Id of the model.
            version: Id of the version, not empty.
            images: Encoded images, at least one.
            urgent: Whether somebody waits for the answer: it then goes before bulk work, within about a second.

        Raises:
            ModelNotReady: If the model cannot be loaded now.
            BackendDied: If the computing process died; the outcome of every image is unknown.
            BackendTimedOut: If it did not answer in time.
        """
        ...

    async def close(self) -> None:
        """End the computing process."""
        ...


class FeatureStore(Protocol):
    """Keeps one vector for each (image, model, version), and those of the objects that were found in it."""

    async def put(
        self, project_id: str, key: FeatureKey, block: FeatureBlock, objects: Sequence[Matrix] | None = None
    ) -> None:
        """Store vectors, replacing those that are there; durable when it returns, all or none.

        Args:
            project_id: Id of the project of the images.
            key: The space.
            block: A vector for each of N images.
            objects: N arrays (K, E), float32: the vectors of the K objects in each image. None from models that find
                none.

        Raises:
            FeatureDimensionMismatch: If the project's vectors of this key have another length. Nothing is stored.
        """
        ...

    def read(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        """Stream the vectors of images in blocks of at most 4 MiB; images without one are absent."""
        ...

    def read_objects(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[ObjectFeatureBlock]:
        """Stream the vectors of objects like `read`; images in which nothing was found are absent."""
        ...

    async def count(self, key: FeatureKey, image_ids: bytes) -> tuple[int, int]:
        """How many different images of these have a vector, and its length (0 if none has)."""
        ...

    async def dimension(self, project_id: str, key: FeatureKey) -> int:
        """Length of the project's vectors of this key; 0 if it has none."""
        ...

    async def delete(self, *, image_ids: bytes, project_id: str, model: str, version: str) -> int:
        """Delete the vectors that fit everything given, with those of their objects; empty arguments do not limit.

        Returns:
            How many images' vectors there were.
        """
        ...

    async def list_sets(self, project_id: str) -> list[FeatureSet]:
        """What the project has, by model and version."""
        ...

    async def close(self) -> None:
        """Close the store."""
        ...


class TaskSource(Protocol):
    """Where orders come from. Each comes at least once; claims end unless they are extended."""

    async def claim(self, model: str, max_count: int, wait: timedelta) -> list[ClaimedTask]:
        """Up to `max_count` tasks for one model, oldest first; empty if none came within `wait`."""
        ...

    async def extend(self, model: str, delivery_ids: Sequence[str]) -> None:
        """Keep the claims longer."""
        ...

    async def acknowledge(self, model: str, delivery_ids: Sequence[str]) -> None:
        """The tasks are done."""
        ...


class ResultReporter(Protocol):
    """Where results go."""

    async def report(self, results: Sequence[TaskResult]) -> None:
        """Hand results to the project service; safe to repeat.

        Args:
            results: At most 1,000.

        Raises:
            LoupeError: If they were not taken. `Code.UNAVAILABLE` and the like: a repeat may succeed.
        """
        ...
