"""Analyses: maps of images, kept as history."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from loupe_project.domain.image import FeatureSource
from loupe_project.domain.scope import Scope
from loupe_project.domain.selection import Selection

MIN_IMAGES = 10
"""A map of fewer says nothing."""
MIN_NEIGHBORS, MAX_NEIGHBORS = 2, 200
MIN_PERPLEXITY, MAX_PERPLEXITY = 2.0, 200.0
DEFAULT_NEIGHBORS = 15
DEFAULT_PERPLEXITY = 30.0
MAX_NAME_CHARS = 100
UPLOADED = "uploaded"
"""Model of features that people uploaded; the version is the name of their set."""


class Method(StrEnum):
    """How features become coordinates."""

    PCA = "PCA"
    TSNE = "TSNE"
    UMAP = "UMAP"
    PACMAP = "PACMAP"


class AnalysisState(StrEnum):
    """Life of an analysis."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class AnalysisVisibility(StrEnum):
    """Who may see it."""

    PRIVATE = "PRIVATE"
    """Its creator."""
    SHARED = "SHARED"
    """Everybody who may see the project."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a map besides the images."""

    method: Method
    dimensions: int = 2
    """2 or 3."""
    seed: int = 0
    neighbors: int = DEFAULT_NEIGHBORS
    """For UMAP and PaCMAP; 0, for PaCMAP alone: by the number of images."""
    perplexity: float = DEFAULT_PERPLEXITY
    """For t-SNE."""


@dataclass(frozen=True, slots=True)
class MapQuality:
    """What a finished map tells about itself."""

    point_count: int = 0
    skipped_count: int = 0
    """Images that were selected but had no features."""
    compute_seconds: float = 0.0
    trustworthiness: float | None = None
    """In [0, 1]."""
    neighbor_preservation: float | None = None
    """In [0, 1]."""
    landmark_count: int = 0
    """Images that were laid out, the others were placed among them; 0: all were laid out."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A map of images."""

    id: str
    project_id: str
    display_name: str
    recipe: Recipe
    source: FeatureSource
    visibility: AnalysisVisibility
    selection: Selection
    creator: str
    """`users/…`."""
    operation_id: str
    create_time: datetime
    update_time: datetime
    state: AnalysisState = AnalysisState.RUNNING
    failure: bytes = b""
    """A serialised `google.rpc.Status`; set when the state is FAILED."""
    quality: MapQuality = MapQuality()
    object_key: str = ""
    """Where the coordinates are; set when the state is SUCCEEDED."""
    reducer_key: str = ""
    """Where that is which places images on it; empty for maps from before images could be placed."""
    placed_count: int = 0
    """Images that were placed on it since it was made."""
    keeper: Scope | None = None
    """With whose rights images that come later are placed on it; None: it is not kept current."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/analyses/{self.id}"


@dataclass(frozen=True, slots=True)
class PointValues:
    """The value of one field for each of N points, as classes or as numbers."""

    field: str
    values: tuple[str, ...] = ()
    """Distinct values, most frequent first."""
    codes: bytes = b""
    """N little-endian uint32: index into `values`, `NO_VALUE` where there is none. Empty for numbers."""
    numbers: bytes = b""
    """N little-endian float32, NaN where there is none. Empty for classes."""


NO_VALUE = 0xFFFFFFFF
MAX_VALUES = 65_534


def default_name(recipe: Recipe, count: int) -> str:
    """What a map is called when nobody says."""
    method = {Method.TSNE: "t-SNE", Method.PACMAP: "PaCMAP"}.get(recipe.method, recipe.method.value)
    return f"{method} {recipe.dimensions}-D of {count:,} images"


def source_name(source: FeatureSource) -> str:
    """How a feature source is written: `models/…` or `featureSets/…`."""
    return f"featureSets/{source.version}" if source.model == UPLOADED else f"models/{source.model}"


@dataclass(frozen=True, slots=True)
class NewAnalysis:
    """What somebody asks for."""

    selection: Selection
    recipe: Recipe
    display_name: str = ""
    """Empty: made from the rest."""
    feature_source: str = ""
    """`models/…` or `featureSets/…`; empty: the project's model."""
    visibility: AnalysisVisibility = AnalysisVisibility.PRIVATE
    kept_current: bool = False
    """Whether images that come later are placed on it."""
