"""The trash as use cases see it. Only editors of a project come here, and they see all of its images."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.trash import DeletedImage


class TrashRepository(Protocol):
    """Images that were deleted and can still come back."""

    async def put(
        self, project_id: str, image_ids: Sequence[str], deletion_id: str, deleter: str, now: datetime
    ) -> list[str]:
        """Put images into the trash: from now on they exist for nobody. Those that were not there already."""
        ...

    async def restore(self, project_id: str, image_ids: Sequence[str]) -> list[str]:
        """Take images out of the trash, with everything that was known of them. Those that were there."""
        ...

    async def purge(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        """Delete those of the images that are still in the trash, for good. How many there were."""
        ...

    async def ids(self, project_id: str, deletion_id: str | None = None) -> list[str]:
        """Ids of the images in the trash, of one deletion or of all."""
        ...

    async def existing(self, project_id: str, image_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are in the trash of the project."""
        ...

    async def list_newest_first(
        self, project_id: str, *, deletion_id: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[DeletedImage]:
        """Images in the trash, those deleted last first, after the one with this time and id."""
        ...

    async def count(self, project_id: str, deletion_id: str | None = None) -> int:
        """How many are in the trash, of one deletion or of all."""
        ...

    async def overdue(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """Project and id of images that were deleted before a time, the oldest first."""
        ...
