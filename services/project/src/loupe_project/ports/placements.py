"""Images that were placed on maps, and those that wait for it, in the store."""

from collections.abc import Sequence
from typing import Protocol

from loupe_project.domain.analysis import Analysis
from loupe_project.domain.coordinates import Coordinates


class PlacementRepository(Protocol):
    """What came onto maps after they were made. Rights are checked by whoever looks up the map first."""

    async def placed(self, analysis: Analysis) -> Coordinates:
        """All that was placed on a map, in the order in which it was placed."""
        ...

    async def add(self, analysis: Analysis, placed: Coordinates) -> int:
        """Keep where images were placed, but for those that were placed before or are gone; how many were added.

        None are where the map was deleted. Several may do so at once: the first one's place stays.
        """
        ...

    async def forget(self, analysis: Analysis, image_ids: Sequence[str]) -> None:
        """Blank the points of images that are gone, in their places: all others keep theirs."""
        ...

    async def waiting(self, limit: int, after: str) -> tuple[Analysis, list[str]] | None:
        """A finished map for which images wait, and some of these; None when nothing waits.

        Args:
            limit: At most so many images.
            after: Id of the map that had its turn; the next one comes first.
        """
        ...

    async def done(self, analysis_id: str, image_ids: Sequence[str]) -> None:
        """They wait no longer."""
        ...
