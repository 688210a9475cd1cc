"""The review queue as use cases see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.query.tree import Node
from loupe_project.domain.review import Review, ReviewOrder, ReviewProgress, Taken
from loupe_project.domain.scope import Scope


class ReviewRepository(Protocol):
    """Reviews, and who has which image now. Reviewers are principals: `users/…` or `apiKeys/…`."""

    async def take(
        self,
        scope: Scope,
        project_id: str,
        node: Node,
        order: ReviewOrder,
        *,
        include_labelled: bool,
        limit: int,
        now: datetime,
        until: datetime,
    ) -> list[Taken]:
        """Give the caller the next images that match, until then; those that he has come first, in the same order.

        An image that somebody else has is not among them, whoever asks at the same moment.
        """
        ...

    async def holder(self, image_id: str, now: datetime) -> tuple[str, datetime] | None:
        """Who has an image now, and until when."""
        ...

    async def release(self, image_id: str) -> None:
        """Nobody has the image any more."""
        ...

    async def skip(self, project_id: str, image_id: str, reviewer: str, now: datetime) -> None:
        """The image comes last for this reviewer."""
        ...

    async def put(self, project_id: str, review: Review) -> None:
        """Write the last word on an image; who had skipped it no longer has."""
        ...

    async def forget(self, image_ids: Sequence[str]) -> None:
        """Nobody has reviewed these images any more: they lost their labels."""
        ...

    async def get(self, image_id: str) -> Review | None:
        """The last word on an image."""
        ...

    async def progress(
        self, scope: Scope, project_id: str, node: Node, *, include_labelled: bool, now: datetime
    ) -> ReviewProgress:
        """Counts over the images that match."""
        ...
