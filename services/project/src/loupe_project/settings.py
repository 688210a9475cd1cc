"""Settings of the project service: environment only, prefix `LOUPE_PROJECT_`. The README has an example of each."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from loupe_kit.call_origin import LOOPBACK
from loupe_kit.settings import TrustedProxies
from loupe_kit.shared_stores import SharedStoreSettings


class ProjectSettings(SharedStoreSettings):
    """How the project service runs."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_PROJECT_")

    address: str = "127.0.0.1:50052"
    """Where the service listens when it has a process of its own."""
    auth_target: str = "127.0.0.1:50051"
    """gRPC address of auth."""
    inference_target: str = "127.0.0.1:50053"
    """gRPC address of inference: models and features."""
    reduction_target: str = "127.0.0.1:50054"
    """gRPC address of reduction: maps."""
    database_url: str = ""
    """`mariadb://user:password@host/project`; empty: the SQLite file `project.db` in the data folder."""
    trusted_proxies: TrustedProxies = LOOPBACK
    """Networks of the gateway, whose `x-forwarded-for` the audit believes, comma-separated."""
    relay_depth: int = Field(default=512, ge=16, le=100_000)
    """Most jobs of one model in the queue at a time."""
    relay_lease: timedelta = Field(default=timedelta(minutes=15), ge=timedelta(seconds=10))
    """A job without a result for so long is published again."""
    operation_lease: timedelta = Field(default=timedelta(seconds=30), ge=timedelta(seconds=2))
    """How long an operation of a process that died waits for another."""
    export_lifetime: timedelta = Field(default=timedelta(days=7), ge=timedelta(minutes=1))
    """How long the file of an export is kept."""
    trash_lifetime: timedelta = Field(default=timedelta(days=30), ge=timedelta(minutes=1))
    """How long deleted images can be restored."""
    history_lifetime: timedelta = Field(default=timedelta(days=365), ge=timedelta(days=1))
    """How long it is known who changed what of images, and can be undone."""
    max_running_operations: int = Field(default=4, ge=1, le=64)
    """Most operations at a time in this process."""
    intake_threads: int = Field(default=2, ge=1, le=64)
    """Threads that hash, inflate and decode what comes in; they have a lower priority than all else."""
    max_image_bytes: int = Field(default=1 << 30, ge=1 << 20)
    """Largest image file, in bytes."""
    max_megapixels: int = Field(default=400, ge=1, le=2000)
    """Most pixels of an image, in millions."""
    max_archive_bytes: int = Field(default=10_000_000_000, ge=1 << 20)
    """Largest zip archive, in bytes."""
    max_unpacked_bytes: int = Field(default=100 << 30, ge=1 << 20)
    """Most bytes that one archive may unpack to."""
    max_archive_entries: int = Field(default=1_000_000, ge=1)
    """Most files in one archive."""

    search_memory_bytes: int = Field(default=1 << 30, ge=1 << 20)
    """Memory for search indexes; projects that were not searched for longest lose theirs first."""

    @property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'project.db').resolve()}"

    @property
    def is_alone(self) -> bool:
        """Whether no other process shares the store."""
        return self.database.startswith("sqlite")
