"""What is read from the store of some images at once: plain rows, before they become columns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class ImageFacts(NamedTuple):
    """A row of `images`."""

    id: str
    file_name_folded: str
    format: str
    width: int
    height: int
    size_bytes: int
    state: str
    model: str | None
    version: str | None
    label: str | None
    label_folded: str | None
    confidence: float | None
    brightness: float | None
    contrast: float | None
    sharpness: float | None
    capture_time: datetime | None
    upload_time: datetime
    uploader: str
    upload_batch_id: str | None


class MetadataFacts(NamedTuple):
    """A row of `image_metadata`."""

    image_id: str
    key: str
    display_key: str
    type: str
    text_value: str | None
    text_folded: str | None
    number_value: float | None
    time_value: datetime | None


class BoxFacts(NamedTuple):
    """A row of `prediction_boxes` with the model that made it."""

    image_id: str
    model: str
    version: str
    label: str
    label_folded: str
    confidence: float
    x: float
    y: float
    width: float
    height: float
    area: float


@dataclass(slots=True)
class Facts:
    """All that is searched by of some images, and the places of tags on them."""

    images: list[ImageFacts]
    labels: list[tuple[str, str, str]] = field(default_factory=list)
    """Image, text as shown, text folded."""
    predictions: list[tuple[str, str, str]] = field(default_factory=list)
    """Image, model, version."""
    metadata: list[MetadataFacts] = field(default_factory=list)
    boxes: list[BoxFacts] = field(default_factory=list)
    tag_links: list[tuple[str, str]] = field(default_factory=list)
    """Image, tag."""
    scores: list[tuple[str, float]] = field(default_factory=list)
    """Image, outlier score."""


@dataclass(frozen=True, slots=True)
class TagName:
    """A tag as queries and facets see it."""

    shown: str
    folded: str
