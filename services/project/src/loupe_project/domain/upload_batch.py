"""Uploads: what came in together, what of it was refused and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from loupe_kit.errors import LoupeError
from loupe_project.domain.project import ImageCounts


class BatchState(StrEnum):
    """Life of a batch."""

    ACTIVE = "ACTIVE"
    FINISHED = "FINISHED"


class Severity(StrEnum):
    """How bad a notice is."""

    INFO = "INFO"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class UploadBatch:
    """One upload: a stream, a form, an archive."""

    id: str
    project_id: str
    display_name: str
    uploader: str
    """`users/…` or `apiKeys/…`."""
    feature_set: str
    source: str
    create_time: datetime
    update_time: datetime
    request_id: str | None = None
    state: BatchState = BatchState.ACTIVE
    image_counts: ImageCounts = field(default_factory=ImageCounts)
    """Images that are new in the project through it, by state of their analysis."""
    duplicate_count: int = 0
    refused_count: int = 0
    metadata_count: int = 0
    label_count: int = 0
    feature_count: int = 0
    waiting_count: int = 0
    """Files in archives that wait to be unpacked."""
    finish_time: datetime | None = None

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/uploadBatches/{self.id}"

    @property
    def is_settled(self) -> bool:
        """Whether everything was taken in or refused, and every image has its answer."""
        return self.state is BatchState.FINISHED and self.image_counts.pending == 0


@dataclass(frozen=True, slots=True)
class CountChange:
    """What is added to the counts of a batch."""

    duplicates: int = 0
    refused: int = 0
    metadata: int = 0
    labels: int = 0
    features: int = 0

    def __add__(self, other: "CountChange") -> "CountChange":
        return CountChange(
            self.duplicates + other.duplicates,
            self.refused + other.refused,
            self.metadata + other.metadata,
            self.labels + other.labels,
            self.features + other.features,
        )


@dataclass(frozen=True, slots=True)
class NewNotice:
    """Something worth knowing about one file or row, to be kept."""

    file_name: str
    """Inside an archive "archive.zip/folder/file.png"."""
    error: LoupeError
    row: int = 0
    """Row of a table from 1; 0 where the whole file is meant."""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it was kept."""

    id: str
    file_name: str
    row: int
    severity: Severity
    status: bytes
    """A serialised google.rpc.Status."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which images file names of a table mean."""

    image_ids: Mapping[str, str]
    """Image id by the name as it was asked for."""
    ambiguous: frozenset[str] = frozenset()
    """Names that fit several images."""
