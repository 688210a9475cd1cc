"""Images and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MetadataValue = str | float | bool
"""Text, number or truth value."""
MAX_METADATA_KEYS = 200
"""Most metadata keys of an image."""


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A metadata value with its key as it is written."""

    key: str
    value: MetadataValue


class ImageState(StrEnum):
    """How far the analysis by the project's model has come."""

    PENDING = "PENDING"
    ANALYSED = "ANALYSED"
    FAILED = "FAILED"


class Origin(StrEnum):
    """Where a tag comes from."""

    AUTO = "AUTO"
    USER = "USER"


class Fact(StrEnum):
    """What is kept of an image beside its own row, by the name of its field."""

    METADATA = "metadata"
    TAGS = "tags"
    LABELS = "labels"
    PREDICTIONS = "predictions"
    FEATURE_SETS = "feature_sets"


ALL_FACTS = frozenset(Fact)


@dataclass(frozen=True, slots=True)
class Box:
    """A box in pixels of the original image, origin top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class NewLabel:
    """Ground truth to be given to an image."""

    display_name: str
    """The class, 1 to 200 characters."""
    box: Box | None = None
    """None: the label is of the whole image."""


@dataclass(frozen=True, slots=True)
class Label:
    """Ground truth of an image."""

    id: str
    image_id: str
    display_name: str
    box: Box | None
    creator: str
    create_time: datetime


@dataclass(frozen=True, slots=True)
class ImageTag:
    """A tag as it stands on an image."""

    tag_id: str
    display_name: str
    origin: Origin
    creator: str
    """`users/…`; empty for automatic tags."""
    create_time: datetime


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """What one version of one model said about an image."""

    model: str
    version: str
    output: bytes
    """A serialised `loupe.inference.v1.Prediction`."""
    create_time: datetime


@dataclass(frozen=True, slots=True)
class FeatureSource:
    """Whose features: a model's id and version, or "uploaded" and the name of a feature set."""

    model: str
    version: str


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image whose bytes are safe in the object store and whose row is not written yet."""

    id: str
    file_name: str
    sha256: str
    """Of the bytes, 64 lower-case hex digits."""
    format: str
    """As in "PNG"."""
    width: int
    height: int
    size_bytes: int
    object_key: str
    thumbnail_key: str
    capture_time: datetime | None = None
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    labels: tuple[NewLabel, ...] = ()
    tags: tuple[str, ...] = ()
    """Texts of tags that its sender gives it; those that look like automatic ones are left out."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What images that arrive together have in common."""

    project_id: str
    uploader: str
    """`users/…` or `apiKeys/…`."""
    upload_batch_id: str | None
    source: str
    """`grpc`, `http`, `zip` or what the sender says; becomes the tag `source:…`."""
    time: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a new image."""

    image_id: str
    """Its own id, or that of the image that had the same bytes before."""
    is_duplicate: bool
    is_restored: bool = False
    """Whether it lay in the trash, and is back."""


@dataclass(frozen=True, slots=True)
class Image:
    """The row of an image."""

    id: str
    project_id: str
    file_name: str
    sha256: str
    format: str
    width: int
    height: int
    size_bytes: int
    object_key: str
    thumbnail_key: str
    state: ImageState
    failure: bytes | None
    """A serialised `google.rpc.Status`; set when the state is FAILED."""
    capture_time: datetime | None
    upload_time: datetime
    uploader: str
    upload_batch_id: str | None
    source: str
    model: str | None = None
    """Of the project's own model: who answered, and what."""
    version: str | None = None
    label: str | None = None
    confidence: float | None = None
    truth: str | None = None


@dataclass(frozen=True, slots=True)
class ImageDetails:
    """An image with everything known of it, or with the facts that were asked for."""

    image: Image
    metadata: Mapping[str, MetadataValue]
    tags: tuple[ImageTag, ...]
    labels: tuple[Label, ...]
    predictions: tuple[StoredPrediction, ...]
    """The project's model first."""
    feature_sources: tuple[FeatureSource, ...]
