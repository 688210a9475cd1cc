"""Curation: images picked as worth training on, and what is odd or there twice."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from loupe_project.domain.image import FeatureSource
from loupe_project.domain.selection import Selection as Images

MIN_IMAGES = 10
"""Fewer say nothing about what is usual."""
MAX_COUNT = 100_000
MAX_CLUSTERS = 2_000
"""More picks than this are made by coverage: its cost does not grow with their number."""
MIN_LABELS, MIN_CLASSES, MIN_LABELS_A_CLASS = 10, 2, 2
"""What there must be to learn from."""


class Strategy(StrEnum):
    """How images are picked."""

    AUTO = "AUTO"
    """By the labels there are; a finished selection never says so."""
    CLUSTERS = "CLUSTERS"
    COVERAGE = "COVERAGE"
    UNCERTAINTY = "UNCERTAINTY"


class CurationState(StrEnum):
    """Life of a selection or a run."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SUPERSEDED = "SUPERSEDED"
    """A run that succeeded before a later one of its kind did: what it found is gone."""


class RunKind(StrEnum):
    """What a run searches for."""

    OUTLIERS = "OUTLIERS"
    DUPLICATES = "DUPLICATES"


@dataclass(frozen=True, slots=True)
class NewSelection:
    """What somebody asks for."""

    images: Images
    count: int
    strategy: Strategy = Strategy.AUTO
    display_name: str = ""
    feature_source: str = ""
    """`models/…` or `featureSets/…`; empty: the project's model."""
    seed: int = 0
    balance_by: str = ""
    """Field whose values get equal shares; empty: none."""


@dataclass(frozen=True, slots=True)
class SelectionFacts:
    """What a finished selection tells about itself."""

    candidate_count: int = 0
    skipped_count: int = 0
    labelled_count: int = 0
    coverage: float = 0.0
    """In [-1, 1]."""
    candidates_sha256: str = ""
    compute_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Images picked as worth training on, without the picks."""

    id: str
    project_id: str
    display_name: str
    images: Images
    count: int
    strategy: Strategy
    source: FeatureSource
    seed: int
    balance_by: str
    creator: str
    operation_id: str
    create_time: datetime
    update_time: datetime
    state: CurationState = CurationState.RUNNING
    failure: bytes = b""
    """A serialised `google.rpc.Status`; set when the state is FAILED."""
    facts: SelectionFacts = SelectionFacts()
    pick_count: int = 0
    """Picks that whoever asked may see."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/selections/{self.id}"


@dataclass(frozen=True, slots=True)
class Pick:
    """One image of a selection."""

    image_id: str
    rank: int
    """From 1."""
    represented_count: int
    margin: float
    """In [0, 1]; 0 where nothing was learnt."""
    reason: str
    file_name: str = ""
    """When it is read."""
    sha256: str = ""
    """Of the image's bytes; when it is read."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A search that somebody asks for."""

    kind: RunKind
    images: Images
    reference: Images | None = None
    """Images that say what is usual; None: all of `images`."""
    feature_source: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a finished run tells about itself."""

    image_count: int = 0
    skipped_count: int = 0
    group_count: int = 0
    duplicate_count: int = 0
    median_distance: float = 0.0
    neighbors: int = 0
    threshold: float = 0.0
    compute_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CurationRun:
    """A search for outliers or duplicates."""

    id: str
    project_id: str
    kind: RunKind
    images: Images
    reference: Images | None
    source: FeatureSource
    seed: int
    creator: str
    operation_id: str
    create_time: datetime
    update_time: datetime
    state: CurationState = CurationState.RUNNING
    failure: bytes = b""
    """A serialised `google.rpc.Status`; set when the state is FAILED."""
    facts: RunFacts = RunFacts()

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/curationRuns/{self.id}"


@dataclass(frozen=True, slots=True)
class Outlier:
    """How odd one image is."""

    image_id: str
    score: float
    """In [0, 1], 1 is the oddest."""
    mean_distance: float
    """Cosine distance, in [0, 2]."""
    nearest_image_id: str
    """Empty when whoever reads may not see it."""
    file_name: str = ""
    """When it is read."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An image that shows what another one shows."""

    image_id: str
    keeper_id: str
    is_exact: bool
    difference: float
    """In [0, 1]."""
    file_name: str = ""
    """When it is read."""


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """A keeper and its duplicates, as far as whoever reads may see them."""

    keeper_id: str
    keeper_file_name: str
    member_count: int
    members: tuple[Duplicate, ...] = field(default=())
    """The first of them."""


def default_name(strategy: Strategy, count: int) -> str:
    """What a selection is called when nobody says."""
    by = {Strategy.AUTO: "", Strategy.CLUSTERS: " by clusters", Strategy.COVERAGE: " by coverage"}
    return f"{count:,} images{by.get(strategy, ' by uncertainty')}"


def outlier_reason(outlier: Outlier, facts: RunFacts) -> str:
    """One sentence that says why an image is odd."""
    usual = facts.median_distance
    compared = f", {outlier.mean_distance / usual:.1f} times the median" if usual > 0 else ""
    return (
        f"Mean distance to its {facts.neighbors} nearest images is {outlier.mean_distance:.3f}{compared}; "
        f"{outlier.score:.1%} of the reference images are nearer to theirs."
    )
