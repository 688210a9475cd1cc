"""Who changed what of an image, from what to what: what its history shows and what undoing goes by."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Fact(StrEnum):
    """What of an image a line of its history is about."""

    TAG = "TAG"
    """`subject` is the tag's id; values are `{"text", "color"}`."""
    METADATA = "METADATA"
    """`subject` is the folded key; values are `{"key", "value"}`."""
    CAPTURE_TIME = "CAPTURE_TIME"
    """`subject` is empty; values are times in ISO 8601."""
    LABEL = "LABEL"
    """`subject` is the id of the label with a box, or "class" for the class of the image; values are
    `{"label", "box"}`, the box a list of x, y, width, height."""
    ACCESS = "ACCESS"
    """`subject` is empty; values are `{"mode", "readers"}`, shown to the project's owner alone, like access itself."""
    TRASH = "TRASH"
    """`subject` is empty; values are whether the image lies in the trash."""


@dataclass(frozen=True, slots=True)
class Change:
    """One act that changed images: a call, or an operation, which has the same id."""

    id: str
    project_id: str
    kind: str
    """What was done, as in "MODIFY_IMAGE_TAGS"; at most 32 characters."""
    creator: str
    """`users/…` or `apiKeys/…`."""
    create_time: datetime
    is_operation: bool = False


@dataclass(frozen=True, slots=True)
class Alteration:
    """What a change did to one fact of one image. Values are texts of JSON; None: the fact was, or is, not there."""

    image_id: str
    fact: Fact
    subject: str
    """Which one, at most 100 characters; with image and fact it says what later changes can overwrite."""
    old: str | None
    new: str | None
    old_creator: str = ""
    """Who had put the old value there, where that is known."""
    old_time: datetime | None = None
    """When that was."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An alteration as it was written down."""

    change: Change
    time: datetime
    alteration: Alteration

    @property
    def place(self) -> "HistoryPlace":
        """Where it stands in the history of its image."""
        return self.time, self.change.id, self.alteration.fact, self.alteration.subject


HistoryPlace = tuple[datetime, str, str, str]
"""Time, change, fact and subject of a line: the order of an image's history."""


def to_json(value: object) -> str:
    """A value as it is written down."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def tag_value(text: str, color: str) -> str:
    """A tag as the value of a line."""
    return to_json({"text": text, "color": color})


def metadata_value(key: str, value: str | float | bool) -> str:
    """A metadata value as the value of a line."""
    return to_json({"key": key, "value": value})


def label_value(label: str, box: Sequence[float] | None) -> str:
    """A label as the value of a line.

    Args:
        label: Its class.
        box: x, y, width, height; None: of the whole image.
    """
    return to_json({"label": label, "box": None if box is None else list(box)})
