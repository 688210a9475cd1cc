"""Who knows which images look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loupe_project.domain.image import FeatureSource


@dataclass(frozen=True, slots=True)
class Alikeness:
    """What looks like an image."""

    images: tuple[tuple[str, float], ...]
    """Image id and cosine similarity, the most alike first."""
    searched_count: int
    """Images among which was searched: those with features."""


class Neighbourhood(Protocol):
    """Searches nearest neighbours."""

    async def find(
        self, project_id: str, source: FeatureSource, image_id: str, among: Sequence[str], count: int
    ) -> Alikeness:
        """Images that are most like one, that one left out.

        Args:
            project_id: Of all the images.
            source: Whose features.
            image_id: Whose neighbours.
            among: What may be found.
            count: How many, 1 to 1,000.

        Raises:
            FeaturesMissing: If the image has no features of the source.
            Unavailable: If nobody answers.
        """
        ...
