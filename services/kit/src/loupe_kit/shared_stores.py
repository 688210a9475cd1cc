"""What processes of the cluster profile share: the job queue and the object store, chosen by settings alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pydantic import AliasChoices, Field, SecretStr

from loupe_kit.objects import FolderObjectStore, ObjectStore
from loupe_kit.queue import InProcessQueue, JobQueue
from loupe_kit.service import Hook
from loupe_kit.settings import LoupeSettings

Question = Callable[[], Awaitable[bool]]


class SharedStoreSettings(LoupeSettings):
    """Settings of services that use the queue and the objects; the same variables for each of them."""

    redis_url: str = Field(default="", validation_alias=AliasChoices("redis_url", "LOUPE_REDIS_URL"))
    """`redis://host:6379/0`; empty: a queue inside the process. `LOUPE_REDIS_URL`."""
    s3_endpoint: str = Field(default="", validation_alias=AliasChoices("s3_endpoint", "LOUPE_S3_ENDPOINT"))
    """`host:port` of an S3 server; empty: the folder `objects` in the data folder. `LOUPE_S3_ENDPOINT`."""
    s3_access_key: str = Field(default="", validation_alias=AliasChoices("s3_access_key", "LOUPE_S3_ACCESS_KEY"))
    """Who we are at the S3 server. `LOUPE_S3_ACCESS_KEY`."""
    s3_secret_key: SecretStr = Field(
        default=SecretStr(""), validation_alias=AliasChoices("s3_secret_key", "LOUPE_S3_SECRET_KEY")
    )
    """Goes with it. `LOUPE_S3_SECRET_KEY`."""
    s3_bucket: str = Field(default="loupe", validation_alias=AliasChoices("s3_bucket", "LOUPE_S3_BUCKET"))
    """Holds all objects; made if it is not there. `LOUPE_S3_BUCKET`."""
    s3_secure: bool = Field(default=True, validation_alias=AliasChoices("s3_secure", "LOUPE_S3_SECURE"))
    """Whether the S3 server speaks TLS. `LOUPE_S3_SECURE`."""


@dataclass(frozen=True, slots=True)
class SharedStores:
    """The stores, and the service's hooks for them."""

    queue: JobQueue
    objects: ObjectStore
    on_start: Sequence[Hook] = field(default=())
    """Before anything uses them."""
    on_stop: Sequence[Hook] = field(default=())
    """After everything else."""
    questions: Sequence[Question] = field(default=())
    """Whether servers answer; each raises or says no if one does not."""

    async def answer(self) -> bool:
        """Whether every server answers now."""
        for question in self.questions:
            if not await question():
                return False
        return True


def open_stores(
    settings: SharedStoreSettings, *, queue: JobQueue | None = None, objects: ObjectStore | None = None
) -> SharedStores:
    """The stores that the settings name.

    Args:
        settings: Of the service.
        queue: To use instead; closed by its owner.
        objects: To use instead; closed by its owner.
    """
    on_start: list[Hook] = []
    on_stop: list[Hook] = []
    questions: list[Question] = []
    # The clients are imported where they are used: a standalone process has no room to waste.
    if queue is None and settings.redis_url:
        from loupe_kit.queue.redis_streams import RedisStreamsQueue

        queue = streams = RedisStreamsQueue(settings.redis_url)
        on_stop.append(streams.close)
        questions.append(streams.answers)
    if objects is None and settings.s3_endpoint:
        from loupe_kit.objects.s3 import S3ObjectStore

        objects = bucket = S3ObjectStore(
            settings.s3_endpoint,
            settings.s3_access_key,
            settings.s3_secret_key.get_secret_value(),
            settings.s3_bucket,
            secure=settings.s3_secure,
        )
        on_start.append(bucket.prepare)
        on_stop.append(bucket.close)
        questions.append(bucket.answers)
    return SharedStores(
        queue or InProcessQueue(),
        objects or FolderObjectStore(settings.data_dir / "objects"),
        on_start,
        on_stop,
        questions,
    )
