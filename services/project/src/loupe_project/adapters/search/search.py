"""Finding images by the index of their project; by the SQL store where there is none yet."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.search import figures, ordering, sight_masks
from loupe_project.adapters.search.evaluate import Evaluator
from loupe_project.adapters.search.indexes import SearchIndexes
from loupe_project.adapters.search.view import View
from loupe_project.adapters.sql.search import SqlImageSearch
from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import And, Field, Node, asks_for_changes, sets_in
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import FacetValue, FoundPage, Histogram, MetadataKey, Order, Position

T = TypeVar("T")

_SMALL = 20_000
"""Rows that are looked at on the event loop: sooner done than handed to a thread."""


@dataclass(frozen=True, slots=True)
class _Found:
    view: View
    evaluator: Evaluator


class IndexedImageSearch:
    """See the port `ImageSearch`.

    Args:
        session: Open transaction.
        store: Answers where the index cannot.
        indexes: Of this process.
        changed: Ids of projects that the transaction itself has changed: their indexes do not know that yet.
    """

    def __init__(
        self,
        session: AsyncSession,
        store: SqlImageSearch,
        indexes: SearchIndexes,
        changed: Callable[[], Iterable[str]],
    ) -> None:
        self._session = session
        self._store = store
        self._indexes = indexes
        self._changed = changed

    async def ids(self, scope: Scope, project: Project, query: str) -> list[str]:
        """See the port."""
        node = self._store.read(project, query)
        found = await self._look(scope, project.id, node)
        if found is None:
            return await self._store.ids(scope, project, query)
        return await _run(found, lambda: ordering.all_ids(found.view, found.evaluator.matching(node)))

    async def packed_ids(self, scope: Scope, project: Project, *query: str) -> bytes:
        """See the port."""
        node = And(tuple(self._store.read(project, one) for one in query))
        found = await self._look(scope, project.id, node)
        if found is None:
            return await self._store.packed_ids(scope, project, *query)
        return await _run(found, lambda: ordering.packed_ids(found.view, found.evaluator.matching(node)))

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
        """See the port."""
        found = await self._look(scope, project_id, node)
        if found is None:
            return await self._store.page(scope, project_id, node, order=order, after=after, limit=limit, skip=skip)
        return await _run(
            found, lambda: ordering.page(found.view, found.evaluator.matching(node), order, after, limit, skip)
        )

    async def count(self, scope: Scope, project_id: str, node: Node) -> int:
        """See the port."""
        found = await self._look(scope, project_id, node)
        if found is None:
            return await self._store.count(scope, project_id, node)
        return await _run(found, lambda: int(found.evaluator.matching(node).sum()))

    async def facet(
        self, scope: Scope, project_id: str, node: Node, field: Field, limit: int, containing: str = ""
    ) -> list[FacetValue]:
        """See the port."""
        found = await self._look(scope, project_id, node)
        if found is None:
            return await self._store.facet(scope, project_id, node, field, limit, containing)
        return await _run(
            found,
            lambda: figures.facet(
                found.view, found.evaluator, found.evaluator.matching(node), field, limit, containing
            ),
        )

    async def histogram(self, scope: Scope, project_id: str, node: Node, field: Field, bins: int) -> Histogram:
        """See the port."""
        found = await self._look(scope, project_id, node)
        if found is None:
            return await self._store.histogram(scope, project_id, node, field, bins)
        return await _run(found, lambda: figures.histogram(found.view, found.evaluator.matching(node), field, bins))

    async def keys(self, scope: Scope, project_id: str, prefix: str, limit: int) -> list[MetadataKey]:
        """See the port."""
        found = await self._look(scope, project_id)
        if found is None:
            return await self._store.keys(scope, project_id, prefix, limit)
        return await _run(found, lambda: figures.keys(found.view.metadata, found.evaluator.visible, prefix, limit))

    async def neighbours(
        self, scope: Scope, project_id: str, node: Node, order: Order, image_id: str
    ) -> Position | None:
        """See the port."""
        found = await self._look(scope, project_id, node)
        if found is None:
            return await self._store.neighbours(scope, project_id, node, order, image_id)
        return await _run(
            found, lambda: ordering.neighbours(found.view, found.evaluator.matching(node), order, image_id)
        )

    async def _look(self, scope: Scope, project_id: str, node: Node | None = None) -> _Found | None:
        """The index and what the caller sees of it; None where the store has to answer."""
        if project_id in self._changed() or (node is not None and asks_for_changes(node)):
            return None
        known = await self._indexes.view(self._session, project_id)
        if known is None:
            return None
        view, version = known
        visible = await sight_masks.visible(self._session, scope, project_id, view, version)
        if visible is None:
            return None
        named = () if node is None else sets_in(node)
        sets = await self._indexes.sets.masks(self._session, project_id, named, view)
        return _Found(view, Evaluator(view, visible, sets))


async def _run(found: _Found, work: Callable[[], T]) -> T:
    return work() if found.view.size <= _SMALL else await asyncio.to_thread(work)
