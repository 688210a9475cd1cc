"""Rows of an image and its facts, built from the domain; the statements that write them are elsewhere."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loupe_kit import ids
from loupe_project.domain.auto_tags import value_text
from loupe_project.domain.image import (
    Arrival,
    Box,
    Image,
    ImageState,
    Label,
    MetadataValue,
    NewImage,
    NewLabel,
)
from loupe_project.domain.intake import values
from loupe_project.domain.project import Project
from loupe_project.domain.text import fold

TEXT, NUMBER, TRUTH = "TEXT", "NUMBER", "BOOL"
KEY_LIMIT = 100
TEXT_LIMIT = 2000
LABEL_LIMIT = 200
_ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}")


def image_row(project: Project, arrival: Arrival, new: NewImage) -> dict[str, Any]:
    """Row of `images` for an image that has just arrived."""
    truth = next((one.display_name for one in reversed(new.labels) if one.box is None), None)
    return {
        "id": new.id,
        "project_id": project.id,
        "file_name": new.file_name[:500],
        "file_name_folded": fold(new.file_name),
        "sha256": new.sha256,
        "format": new.format,
        "width": new.width,
        "height": new.height,
        "size_bytes": new.size_bytes,
        "object_key": new.object_key,
        "thumbnail_key": new.thumbnail_key,
        "state": ImageState.PENDING,
        "attempt": 1,
        "order_time": arrival.time,
        "truth": truth,
        "truth_folded": None if truth is None else fold(truth, LABEL_LIMIT),
        "capture_time": new.capture_time,
        "upload_time": arrival.time,
        "update_time": arrival.time,
        "uploader": arrival.uploader,
        "upload_batch_id": arrival.upload_batch_id,
        "source": arrival.source[:100],
    }


def metadata_row(project_id: str, image_id: str, key: str, value: MetadataValue) -> dict[str, Any]:
    """Row of `image_metadata`. Numbers keep their text too, so that `lot:17` finds 17."""
    text = value_text(value)
    kind = TRUTH if isinstance(value, bool) else TEXT if isinstance(value, str) else NUMBER
    return {
        "image_id": image_id,
        "key": fold(key, KEY_LIMIT),
        "project_id": project_id,
        "display_key": key[:KEY_LIMIT],
        "type": kind,
        "text_value": value[:TEXT_LIMIT] if isinstance(value, str) else text,
        "text_folded": fold(text),
        "number_value": float(value) if kind is NUMBER else None,
        "time_value": _time_in(value),
    }


def _time_in(value: MetadataValue) -> datetime | None:
    """The time that a text in ISO 8601 tells, so that it can be compared; None for every other value."""
    if not isinstance(value, str) or not _ISO_TIME.match(value):
        return None
    try:
        return values.parse_time(value)
    except ValueError:
        return None


def metadata_rows(project_id: str, image_id: str, metadata: Mapping[str, MetadataValue]) -> list[dict[str, Any]]:
    """Rows of `image_metadata` of one image; of keys that differ in case only the last one counts."""
    rows = (metadata_row(project_id, image_id, key, value) for key, value in metadata.items())
    return list({row["key"]: row for row in rows}.values())


def metadata_value(kind: str, text: str | None, number: float | None) -> MetadataValue:
    """The value that a row of `image_metadata` holds."""
    if kind == NUMBER and number is not None:
        return number
    return text == "true" if kind == TRUTH else text or ""


def label_row(project_id: str, image_id: str, new: NewLabel, creator: str, now: datetime) -> dict[str, Any]:
    """Row of `labels`, with a new id."""
    box = new.box
    return {
        "id": ids.new_id(),
        "image_id": image_id,
        "project_id": project_id,
        "display_name": new.display_name[:LABEL_LIMIT],
        "name_folded": fold(new.display_name, LABEL_LIMIT),
        "x": box.x if box else None,
        "y": box.y if box else None,
        "width": box.width if box else None,
        "height": box.height if box else None,
        "creator": creator,
        "create_time": now,
    }


def job_row(project: Project, new: NewImage, now: datetime) -> dict[str, Any]:
    """Row of `analysis_jobs` for a new image."""
    return {
        "id": ids.new_id(),
        "image_id": new.id,
        "project_id": project.id,
        "model": project.model,
        "version": project.model_version,
        "attempt": 1,
        "size_bytes": new.size_bytes,
        "object_key": new.object_key,
        "published_time": None,
        "create_time": now,
    }


def image_of(row: Any) -> Image:
    """An image from its row."""
    return Image(
        id=row.id,
        project_id=row.project_id,
        file_name=row.file_name,
        sha256=row.sha256,
        format=row.format,
        width=row.width,
        height=row.height,
        size_bytes=row.size_bytes,
        object_key=row.object_key,
        thumbnail_key=row.thumbnail_key,
        state=ImageState(row.state),
        failure=row.failure,
        capture_time=row.capture_time,
        upload_time=row.upload_time,
        uploader=row.uploader,
        upload_batch_id=row.upload_batch_id,
        source=row.source,
        model=row.model,
        version=row.version,
        label=row.label,
        confidence=row.confidence,
        truth=row.truth,
    )


def label_of(row: Any) -> Label:
    """A label from its row."""
    box = None if row.x is None else Box(row.x, row.y, row.width, row.height)
    return Label(row.id, row.image_id, row.display_name, box, row.creator, row.create_time)
