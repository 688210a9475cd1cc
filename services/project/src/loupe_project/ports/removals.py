"""What still has to go from everywhere but SQL, as use cases see it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.job import Removal


class RemovalRepository(Protocol):
    """What still has to go from objects and from other services."""

    async def oldest(self, limit: int) -> list[Removal]:
        """What to remove next."""
        ...

    async def add_gone(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        """Put those of the images that are no more on the list, not even in the trash; how many there were.

        For whoever wrote something of an image that may have gone while he did.
        """
        ...

    async def needed(self, object_keys: Sequence[str]) -> set[str]:
        """Those of the keys under which bytes of an image lie, deleted but not purged ones included."""
        ...

    async def shared_with_others(self, project_id: str) -> set[str]:
        """Keys of a project that is gone under which bytes of other projects' images lie."""
        ...

    async def done(self, removal_ids: Sequence[str]) -> None:
        """These are gone."""
        ...
