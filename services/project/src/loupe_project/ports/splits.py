"""What splits need from the store."""

from collections.abc import Sequence
from typing import Protocol

from loupe_project.domain.curation import Duplicate
from loupe_project.domain.scope import Scope
from loupe_project.domain.split import Part, Split, SplitCandidate, SplitImage


class SplitRepository(Protocol):
    """Splits, their images, and which images show the same. What a scope may not see is not there."""

    async def add(self, split: Split) -> None:
        """Write a new one."""
        ...

    async def get(self, scope: Scope, project_id: str, split_id: str) -> Split | None:
        """One that exists for the scope; a guest has his own only. Counts are those of what the scope sees."""
        ...

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Split]:
        """The newest first, older than the one with the id `before` unless it is empty."""
        ...

    async def save(self, split: Split) -> bool:
        """Write all that may change; False when it was deleted."""
        ...

    async def delete(self, split_id: str) -> None:
        """Delete it with its images."""
        ...

    async def put_images(self, split_id: str, images: Sequence[SplitImage]) -> None:
        """Write its images, over those there were; they must exist."""
        ...

    async def images(
        self, scope: Scope, split: Split, *, part: Part | None, after: int, limit: int
    ) -> list[SplitImage]:
        """Images behind the number `after`, in order; of one part where it is given."""
        ...

    async def parts(self, scope: Scope, split: Split) -> dict[str, Part]:
        """Part of each image by id, in order."""
        ...

    async def candidates(self, scope: Scope, project_id: str, image_ids: Sequence[str]) -> list[SplitCandidate]:
        """Those of the ids that are images of the project, in their order."""
        ...

    async def duplicate_run(self, project_id: str) -> str:
        """Id of the search for duplicates that holds; empty: none has succeeded."""
        ...

    async def duplicates(self, scope: Scope, project_id: str) -> list[Duplicate]:
        """All duplicates that it found, where image and keeper exist for the scope; by keeper, exact ones first."""
        ...
