"""The review queue: one image after the other, each with one reviewer at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(minutes=2)
"""How long an image stays with the reviewer who took it."""

MAX_ITEMS = 50
"""Most images that a reviewer holds at a time through one call."""
DEFAULT_ITEMS = 10


class ReviewOrder(StrEnum):
    """In which order images come."""

    LEAST_CONFIDENCE = "LEAST_CONFIDENCE"
    OUTLIER = "OUTLIER"
    DISAGREEMENT = "DISAGREEMENT"
    NEWEST = "NEWEST"


class ReviewAction(StrEnum):
    """What a reviewer says."""

    AGREE = "AGREE"
    RELABEL = "RELABEL"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Review:
    """The last word on an image."""

    image_id: str
    reviewer: str
    """`users/…` or `apiKeys/…`."""
    action: ReviewAction
    time: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """An image that a reviewer has taken."""

    image_id: str
    is_skipped: bool
    """Whether he skipped it before."""


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far the review of the images of a query is."""

    images: int
    left: int
    taken: int
    """Left, and with somebody else now."""
    mine: int
    """Reviewed by the caller."""
