"""Tags that Loupe puts on images by itself: where they come from, when, and what was found."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from loupe_project.domain.image import MetadataValue
from loupe_project.domain.text import fold

METADATA_KEYS = ("line", "station", "camera", "lot", "recipe", "verdict", "product")
"""Inspection metadata that become tags. `serial` does not: there are as many as images."""
WELL_KNOWN_KEYS = (*METADATA_KEYS, "serial")
"""Metadata keys that the query language has fields for."""

_PREFIXES = tuple(f"{key}:" for key in ("source", "month", "model", "task", "label", "drift", *METADATA_KEYS))
_LIMIT = 300


def is_automatic(display_name: str) -> bool:
    """Whether a tag of this text can only be put on by Loupe."""
    return fold(display_name).startswith(_PREFIXES)


def of_arrival(
    source: str, upload_time: datetime, capture_time: datetime | None, metadata: Mapping[str, MetadataValue]
) -> list[str]:
    """Tags of an image that arrives. The month is that of the capture, or else of the upload, in UTC."""
    tags = [f"source:{source}", month(capture_time or upload_time)]
    tags += _of_metadata(metadata)
    return [tag[:_LIMIT] for tag in tags]


def month(time: datetime) -> str:
    """Tag of the month of a time, in UTC."""
    return f"month:{time.astimezone(UTC):%Y-%m}"


def _of_metadata(metadata: Mapping[str, MetadataValue]) -> Iterable[str]:
    for key, value in metadata.items():
        name = fold(key)
        if name in METADATA_KEYS:
            text = value_text(value)
            if text:
                yield f"{name}:{text}"


def of_result(model: str, task: str, label: str | None) -> list[str]:
    """Tags of an image that a model has looked at.

    Args:
        model: Id of the model.
        task: "classification" or "detection".
        label: What it found first, None if nothing.
    """
    tags = [f"model:{model}", f"task:{task}"]
    if label:
        tags.append(f"label:{label}"[:_LIMIT])
    return tags


def of_metadata(metadata: Mapping[str, MetadataValue]) -> list[str]:
    """Tags that metadata give an image."""
    return [tag[:_LIMIT] for tag in _of_metadata(metadata)]


def value_text(value: MetadataValue) -> str:
    """A metadata value as text: whole numbers without a point, truth values as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
