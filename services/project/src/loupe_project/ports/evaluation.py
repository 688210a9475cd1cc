"""What evaluation asks the store."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from loupe_project.domain.evaluation import Asked, BoxPiece, Cell, ModelAnswer
from loupe_project.domain.image import Label
from loupe_project.domain.query.tree import Field, Node
from loupe_project.domain.rates import VerdictCounts
from loupe_project.domain.scope import Scope


class BoxReader(Protocol):
    """Boxes of detectors and of people, piece by piece."""

    @property
    def names(self) -> list[str]:
        """Names of the classes that were met so far, by their numbers."""
        ...

    def pieces(self) -> AsyncIterator[BoxPiece]:
        """Boxes of a few thousand images at a time; in the last piece all images were seen."""
        ...


class EvaluationRepository(Protocol):
    """Predictions beside labels, of the images that match a query and exist for the scope."""

    async def verdicts(self, scope: Scope, project_id: str, node: Node, asked: Asked) -> VerdictCounts:
        """Counts over all of them."""
        ...

    async def verdicts_by(
        self, scope: Scope, project_id: str, node: Node, asked: Asked, field: Field, limit: int
    ) -> list[tuple[str, VerdictCounts]]:
        """Counts by value of a metadata key or of the model, the value with the most images first.

        Values are written as a query has them; empty for images without one.
        """
        ...

    async def verdicts_by_minute(
        self, scope: Scope, project_id: str, node: Node, asked: Asked
    ) -> list[tuple[datetime, VerdictCounts]]:
        """Counts by the minute of capture, or of upload where that is not known; aware, in UTC, in no order."""
        ...

    async def class_pairs(self, scope: Scope, project_id: str, node: Node, asked: Asked) -> Mapping[Cell, int]:
        """How many images of each class were called what, where a classifier answered."""
        ...

    async def boxes(self, scope: Scope, project_id: str, node: Node, asked: Asked) -> BoxReader | None:
        """Boxes of the labelled images that a detector answered; None when there are none with boxes on either side.

        Raises:
            ResourceExhausted: If there are more than a million such images.
        """
        ...

    async def answer(self, project_id: str, image_id: str, asked: Asked) -> ModelAnswer | None:
        """What a model said of one image."""
        ...

    async def labels(self, image_id: str) -> list[Label]:
        """All labels of an image, the oldest first."""
        ...
