"""Finding images as use cases see it. The caller's rights are part of every question."""

from collections.abc import Sequence
from typing import Protocol

from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import Field, Node
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import FacetValue, FoundPage, Histogram, MetadataKey, Order, Position


class ImageSearch(Protocol):
    """Finding images with the query language."""

    async def ids(self, scope: Scope, project: Project, query: str) -> list[str]:
        """Ids of all images that match, the newest first.

        Raises:
            QueryInvalid: If the query cannot be read.
        """
        ...

    async def packed_ids(self, scope: Scope, project: Project, *query: str) -> bytes:
        """Ids of all images that match every query, 16 bytes each, in rising order.

        Of a million images they are there in a twentieth of the time of `ids`.

        Raises:
            QueryInvalid: If a query cannot be read.
        """
        ...

    async def page(
        self,
        scope: Scope,
        project_id: str,
        node: Node,
        *,
        order: Order,
        after: Sequence[str | int],
        limit: int,
        skip: int = 0,
    ) -> FoundPage:
        """The next images that match, past the sort key `after` (empty: from the first) and past `skip` more."""
        ...

    async def count(self, scope: Scope, project_id: str, node: Node) -> int:
        """How many images match."""
        ...

    async def facet(
        self, scope: Scope, project_id: str, node: Node, field: Field, limit: int, containing: str = ""
    ) -> list[FacetValue]:
        """Values of a field among the images that match with their counts, most frequent first, at most `limit`.

        Args:
            scope: Of the caller.
            project_id: Whose images are counted.
            node: What they match.
            field: Metadata, or one of label, truth, tag, model, is, format, batch and by.
            limit: At most so many values.
            containing: Only values whose folded text holds this folded text; empty for all.
        """
        ...

    async def histogram(self, scope: Scope, project_id: str, node: Node, field: Field, bins: int) -> Histogram:
        """How the numbers or times of a field lie among the images that match.

        Args:
            scope: Of the caller.
            project_id: Whose images are counted.
            node: What they match.
            field: conf, width, height, size, brightness, contrast, sharpness, outlier, at, uploaded, or metadata, of
                which only numbers count.
            bins: How many bins of equal width, 1 to `MAX_BINS`; a single one if all values are the same.
        """
        ...

    async def keys(self, scope: Scope, project_id: str, prefix: str, limit: int) -> list[MetadataKey]:
        """Metadata keys of the images that exist for the scope, those of most images first, at most `limit`.

        Args:
            scope: Of the caller.
            project_id: Whose images are looked at.
            prefix: What the folded key begins with; empty for all.
            limit: At most so many.
        """
        ...

    async def neighbours(
        self, scope: Scope, project_id: str, node: Node, order: Order, image_id: str
    ) -> Position | None:
        """Where an image stands among those that match, in this order; None if it is not one of them."""
        ...
