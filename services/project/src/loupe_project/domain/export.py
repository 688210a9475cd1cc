"""Exports: results handed out as one zip file."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from loupe_project.domain.selection import Selection

RESULT_PREFIX = "loupe."
"""Begins the names of columns that Loupe adds to a table of images; an upload passes them over."""


class Content(StrEnum):
    """What goes into the zip file."""

    IMAGES = "IMAGES"
    CSV = "CSV"
    JSONL = "JSONL"
    PARQUET = "PARQUET"
    COCO = "COCO"
    YOLO = "YOLO"
    FEATURES = "FEATURES"
    MAPS = "MAPS"
    VOC = "VOC"
    LABELS = "LABELS"
    IMAGE_FOLDER = "IMAGE_FOLDER"


class ExportState(StrEnum):
    """Life of an export."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Export:
    """Results handed out."""

    id: str
    project_id: str
    selection: Selection
    contents: tuple[Content, ...]
    """At least one, each once."""
    analysis_ids: tuple[str, ...] | None
    """Maps whose coordinates go in; None: all that the one who asked may see."""
    creator: str
    """`users/…`."""
    operation_id: str
    create_time: datetime
    expire_time: datetime
    """When the file is deleted."""
    state: ExportState = ExportState.RUNNING
    image_count: int = 0
    size_bytes: int = 0
    object_key: str = ""
    """Where the file is; set when the state is SUCCEEDED."""
    split_id: str = ""
    """A split whose images go in, part by part; `selection` names none then."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/exports/{self.id}"


@dataclass(frozen=True, slots=True)
class NewExport:
    """What somebody asks for."""

    selection: Selection
    contents: tuple[Content, ...]
    analysis_ids: tuple[str, ...] | None = None
    """None: all that the caller may see."""
    split_id: str = ""
    """A split in the place of `selection`."""
