"""Finding images as use cases see it. The caller's rights are part of every question."""

from collections.abc import Sequence
from typing import Protocol

from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import Field, Node
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import FacetValue, FoundPage, Order


class ImageSearch(Protocol):
    """Finding images with the query language."""

    async def ids(self, scope: Scope, project: Project, query: str) -> list[str]:
        """Ids of all images that match, the newest first.

        Raises:
            QueryInvalid: If the query cannot be read.
        """
        ...

    async def page(
        self, scope: Scope, project_id: str, node: Node, *, order: Order, after: Sequence[str | int], limit: int
    ) -> FoundPage:
        """The next images that match, after the one with the sort key `after`; from the first if it is empty."""
        ...

    async def count(self, scope: Scope, project_id: str, node: Node) -> int:
        """How many images match."""
        ...

    async def facet(self, scope: Scope, project_id: str, node: Node, field: Field, limit: int) -> list[FacetValue]:
        """Values of a field among the images that match with their counts, most frequent first, at most `limit`."""
        ...
