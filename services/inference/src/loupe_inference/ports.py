"""What the inference service needs from outside."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from loupe_inference.domain.analysis import ClaimedTask, ImageSource, Outcome, TaskResult
from loupe_inference.domain.features import FeatureBlock, FeatureKey, FeatureSet, Matrix, ObjectFeatureBlock
from loupe_inference.domain.model_server import HostedVersion, ModelServer
from loupe_inference.domain.registered import ModelConfig, PreparedModel, RegisteredVersion, Request
from loupe_kit.audit.event import AuditEvent


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

    async def missing(self, key: FeatureKey, image_ids: bytes) -> bytes:
        """Ids of those of the images that have no vector, each once."""
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


class ModelRegistry(Protocol):
    """Keeps what is known of registered versions; their files are objects of the shared store.

    Every change is durable when it returns, with the event that the audit is told, and whole or not at all. A change
    that is asked for again with the same request does nothing. The events are an `AuditOutbox`.
    """

    async def list(self) -> list[RegisteredVersion]:
        """All versions, by model and number. Of each model one is active."""
        ...

    async def answer(self, request: Request) -> int | None:
        """Number of the version that this request was about when it came before; None if it did not.

        Raises:
            RequestIdReused: If it came before with other words.
        """
        ...

    async def reserve(self, model: str) -> int:
        """A number for a new version of a model that was never given before, from 1."""
        ...

    async def add(self, version: RegisteredVersion, request: Request | None, event: AuditEvent) -> None:
        """Have a version in the list, the first of a model as its active one. `version.is_active` is not looked at.

        Raises:
            ModelNameTaken: If the model's other versions answer another task.
        """
        ...

    async def activate(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        """Make a version the active one.

        Raises:
            ModelVersionNotFound: If there is no such version.
        """
        ...

    async def delete(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        """Take a version off the list.

        Raises:
            ModelVersionNotFound: If there is no such version.
            ModelVersionInUse: If it is the active one of several.
        """
        ...

    async def oldest_events(self, limit: int) -> Sequence[AuditEvent]:
        """What the audit is told next."""
        ...

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        """The audit has these."""
        ...

    async def close(self) -> None:
        """Close the registry."""
        ...


class ModelServers(Protocol):
    """The servers that host models, one by one."""

    async def find(self) -> Sequence[ModelServer]:
        """Those there are now.

        Raises:
            LoupeError: If it cannot be asked.
        """
        ...

    async def hosted(self, server: ModelServer, /) -> Sequence[HostedVersion]:
        """What a server has.

        Raises:
            LoupeError: If it does not answer.
        """
        ...

    async def load(self, server: ModelServer, version: RegisteredVersion, /) -> None:
        """Have a registered version on a server; returns when it is loaded. Nothing happens if it is there.

        Raises:
            ModelNotReady: If the server cannot load it.
            LoupeError: If the object store does not answer.
        """
        ...

    async def unload(self, server: ModelServer, model: str, version: str, /) -> None:
        """Take a version off a server; nothing happens if it is not there.

        Raises:
            LoupeError: If it does not answer.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class ModelPreparer(Protocol):
    """Converts and checks files of networks."""

    async def prepare(self, source: Path, target: Path, config: ModelConfig) -> PreparedModel:
        """Write the file that Loupe runs to `target`, and say what it is.

        Raises:
            ModelFileInvalid: If the file is not what its format says, is refused, or does not fit labels and input.
            ModelCheckFailed: If the network fails on the sample images, or takes too long.
        """
        ...


class ModelUse(Protocol):
    """Knows who uses a version."""

    async def count(self, model: str, version: str) -> tuple[int, int]:
        """Projects whose images a version analyses, and images that wait for it.

        Raises:
            LoupeError: If it cannot be asked now.
        """
        ...
