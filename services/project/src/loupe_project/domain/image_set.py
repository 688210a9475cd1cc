"""Images that were put together by hand, on a map for instance, so that queries can name them for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(days=7)
"""How long a set can be asked for: longer than a page stays open, shorter than a tag is meant to."""
MAX_KEPT = 50
"""Sets that one caller has in a project at once; a new one takes the place of his oldest."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """A set of images of one project. It never changes."""

    id: str
    project_id: str
    creator: str
    """`users/…` or `apiKeys/…`."""
    image_count: int
    expire_time: datetime

    @property
    def query(self) -> str:
        """What finds its images."""
        return f"set:{self.id}"
