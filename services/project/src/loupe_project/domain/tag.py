"""Tags of a project."""

from dataclasses import dataclass
from datetime import datetime

from loupe_project.domain.image import Origin


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a project."""

    id: str
    project_id: str
    display_name: str
    color: str
    """"#rrggbb", or empty."""
    origin: Origin
    creator: str
    create_time: datetime
    update_time: datetime
    image_count: int = 0
    """Images that have it."""


@dataclass(frozen=True, slots=True)
class TagLink:
    """The place of a tag on an image."""

    image_id: str
    tag: Tag
    creator: str
    """Who put it there."""
    create_time: datetime
