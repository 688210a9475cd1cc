"""Sets of images as use cases see them. Rights are those of the images, looked at whenever a set is asked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.image_set import ImageSet


class ImageSetRepository(Protocol):
    """Sets of images that queries name."""

    async def add(self, image_set: ImageSet, image_ids: Sequence[str]) -> None:
        """Keep a set; what its creator has beyond `MAX_KEPT` in the project goes, the oldest first."""
        ...

    async def forget(self, now: datetime) -> None:
        """Forget the sets whose time is over."""
        ...
