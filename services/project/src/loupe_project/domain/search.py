"""What a search asks for and gives."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from loupe_project.domain.image import ALL_FACTS, Fact, ImageDetails
from loupe_project.domain.project import Project

MAX_FACET_FIELDS = 20
DEFAULT_FACET_VALUES = 20
MAX_FACET_VALUES = 200
MAX_BINS = 200
DEFAULT_BINS = 20
MAX_HISTOGRAM_FIELDS = 10
DEFAULT_FACETS = ("label", "truth", "tag", "line", "station", "camera", "lot", "verdict", "model", "month", "is")


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
    is_in_query: bool = False
    """Whether the query asks for it, or excludes it."""
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one field among the images that match."""

    field: str
    values: tuple[FacetValue, ...]
    """Most frequent first."""
    truncated: bool
    """Whether there are more values than these."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the numbers or times of a field lie among the images that match."""

    edges: tuple[float, ...] | tuple[datetime, ...]
    """Where bins begin, and where the last one ends: one more than `counts`, ascending; empty without values."""
    counts: tuple[int, ...]
    """Images in each bin. A bin holds its lower edge and not its upper one; the last one holds both."""
    missing: int
    """Images that match and have no such value."""


def number_edges(low: float, high: float, bins: int) -> tuple[float, ...]:
    """Edges of bins of equal width between the smallest and the largest value; one bin if they are the same."""
    if low == high:
        return (low, high)
    step = (high - low) / bins
    return (*(low + step * i for i in range(bins)), high)


def time_edges(low: datetime, high: datetime, bins: int) -> tuple[datetime, ...]:
    """The same for times, to the microsecond."""
    if low == high:
        return (low, high)
    return (*(low + (high - low) * i / bins for i in range(bins)), high)


class ValueType(Enum):
    """What values of a metadata key are."""

    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    TRUTH = "truth"
    """True or false."""


@dataclass(frozen=True, slots=True)
class MetadataKey:
    """A key that images of a project have metadata under."""

    key: str
    """Folded, as queries compare it."""
    display_key: str
    """As it was written; one of the ways if there are several."""
    types: tuple[tuple[ValueType, int], ...]
    """Types of its values with the number of images that have such a one, most frequent first."""

    @property
    def image_count(self) -> int:
        """Images that have the key."""
        return sum(count for _, count in self.types)


def metadata_keys(rows: Sequence[tuple[str, str, ValueType, int]], limit: int) -> list[MetadataKey]:
    """Keys from rows of key, display key, type and count: those of most images first, then by key."""
    shown: dict[str, str] = {}
    counts: dict[str, dict[ValueType, int]] = {}
    for key, display_key, kind, count in rows:
        shown[key] = max(shown.get(key, ""), display_key)
        of_key = counts.setdefault(key, {})
        of_key[kind] = of_key.get(kind, 0) + count
    keys = [
        MetadataKey(key, shown[key], tuple(sorted(types.items(), key=lambda one: (-one[1], one[0].value))))
        for key, types in counts.items()
    ]
    return sorted(keys, key=lambda one: (-one.image_count, one.key))[:limit]


@dataclass(frozen=True, slots=True)
class Position:
    """Where an image stands among those that match."""

    number: int
    """1 is the first."""
    previous_id: str
    """Image before it; empty for the first."""
    next_id: str
    """Image after it; empty for the last."""


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
class FacetRequest:
    """Which facets of which search."""

    query: str
    fields: tuple[str, ...] = ()
    """Names; empty for the usual ones."""
    value_limit: int = 0
    """Values of a field, 0 to `MAX_FACET_VALUES`; 0 for `DEFAULT_FACET_VALUES`."""
    value_filter: str = ""
    """Only values that contain this text."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an image stands in a search."""

    position: Position | None
    """None when it does not match."""
    total: int
    """How many images match, exactly."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of which search."""

    query: str
    order: Order
    page_size: int
    page_token: str
    skip: int = 0
    """Images to pass over first, at least 0."""
    facts: Collection[Fact] = ALL_FACTS
    """What is read of the images beside their own row."""
