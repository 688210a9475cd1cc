"""Heads: a project's own classes, learnt from its labels on the features of a model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from loupe_project.domain.image import FeatureSource
from loupe_project.domain.selection import Selection as Images

MIN_LABELS = 10
MIN_CLASSES = 2
MAX_CLASSES = 200
MIN_LABELS_A_CLASS = 5
"""With fewer, one image more or less to learn from turns the figures over."""

MODEL_PREFIX = "head-"
"""What the models begin with under which answers of heads are kept; no model of the catalogue has such a name."""

HEAD_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")

ALL_LABELLED = "has:truth"
"""Query of the images that teach unless somebody says which."""


class HeadState(StrEnum):
    """Life of a version of a head."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class HeadKind(StrEnum):
    """Shape of the boundary between classes."""

    LINEAR = "LINEAR"
    RBF = "RBF"


@dataclass(frozen=True, slots=True)
class HeadFigures:
    """How good a head is, by images that the judging head had not learnt from. Shares are in [0, 1]."""

    kind: HeadKind
    folds: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    log_loss: float
    """In nats."""
    calibration_error: float
    confusion: tuple[tuple[int, ...], ...]
    """Images by true class (row) and class said (column); empty where the caller may not know counts."""
    skipped_count: int
    """Labelled images without features."""
    compute_seconds: float

    @property
    def label_counts(self) -> tuple[int, ...]:
        """Labels that taught, by class."""
        return tuple(sum(row) for row in self.confusion)


@dataclass(frozen=True, slots=True)
class NewHead:
    """What somebody asks for."""

    head_name: str
    images: Images | None = None
    """Whose labels teach; None: all that are labelled."""
    feature_source: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """One version of a head."""

    id: str
    project_id: str
    head_name: str
    version: int
    """From 1, counted for each head name."""
    images: Images
    source: FeatureSource
    seed: int
    creator: str
    operation_id: str
    create_time: datetime
    update_time: datetime
    state: HeadState = HeadState.RUNNING
    failure: bytes = b""
    """A serialised `google.rpc.Status`; set when the state is FAILED."""
    in_use: bool = False
    """Whether it answers for new images."""
    is_verdict: bool = False
    """Whether its answers are the project's verdicts."""
    classes: tuple[str, ...] = ()
    """As people label them, in the order of the figures; known once it is taught."""
    figures: HeadFigures | None = None
    object_key: str = ""
    """Of its numbers; empty until it is taught."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/heads/{self.id}"

    @property
    def model(self) -> str:
        """Under which model its answers are kept."""
        return MODEL_PREFIX + self.head_name


@dataclass(frozen=True, slots=True)
class HeadAnswer:
    """What a head says of one image."""

    image_id: str
    label: str
    confidence: float
    """In [0, 1]."""
    output: bytes
    """A serialised `loupe.inference.v1.Prediction`."""


def missing_labels(counts: Mapping[str, int]) -> dict[str, int]:
    """How many labels each class lacks that has too few."""
    return {name: MIN_LABELS_A_CLASS - count for name, count in counts.items() if count < MIN_LABELS_A_CLASS}


def named_classes(labels: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The usual spelling of each class by its folded text.

    Args:
        labels: Folded text and text as written, of each label.
    """
    spellings: dict[str, dict[str, int]] = {}
    for folded, written in labels:
        counts = spellings.setdefault(folded, {})
        counts[written] = counts.get(written, 0) + 1
    return {folded: min(counts, key=lambda one: (-counts[one], one)) for folded, counts in sorted(spellings.items())}
