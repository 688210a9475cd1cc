"""What a search asks for and gives."""

from dataclasses import dataclass
from enum import Enum

from loupe_project.domain.image import ImageDetails
from loupe_project.domain.project import Project

MAX_FACET_FIELDS = 20
DEFAULT_FACET_VALUES = 20
MAX_FACET_VALUES = 200
DEFAULT_FACETS = ("label", "truth", "tag", "line", "camera", "lot", "verdict", "is")


class Order(Enum):
    """In which order images come."""

    NEWEST = "newest"
    """Last upload first."""
    OLDEST = "oldest"
    """First upload first."""
    FILE_NAME = "file_name"
    """By folded file name."""
    CONFIDENCE = "confidence"
    """Least sure prediction first; images without one last."""
    OUTLIER = "outlier"
    """Oddest first, by the newest run that scored outliers; images without a score last."""


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Some of the images that match."""

    ids: tuple[str, ...]
    """In the order asked for."""
    sort_key: tuple[str | int, ...]
    """Of the last of them; empty when no more follow."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a field."""

    value: str
    """As it is written in a query."""
    count: int
    """Images that have it."""


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one field among the images that match."""

    field: str
    values: tuple[FacetValue, ...]
    """Most frequent first."""
    truncated: bool
    """Whether there are more values than these."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search."""

    images: tuple[ImageDetails, ...]
    project: Project
    next_page_token: str
    """Empty on the last page."""
    total: int
    """How many images match, exactly."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which search."""

    query: str
    order: Order
    page_size: int
    page_token: str
