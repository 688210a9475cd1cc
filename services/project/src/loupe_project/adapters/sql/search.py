"""Finding images in SQL: pages by key set, exact counts, facets, all ids. The scope is part of every statement."""

import asyncio
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_kit.clock import Clock, SystemClock
from loupe_project.adapters.sql import search_facets, search_histogram
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.search_order import ORDERS
from loupe_project.adapters.sql.tables import images
from loupe_project.domain import query as queries
from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import And, Field, Node
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import FacetValue, FoundPage, Histogram, MetadataKey, Order, Position


class SqlImageSearch:
    """See the port `ImageSearch`."""

    def __init__(self, session: AsyncSession, clock: Clock | None = None) -> None:
        self._session = session
        self._clock = clock or SystemClock()

    def read(self, project: Project, query: str) -> Node:
        """The typed tree of a query that is asked now, in the project's time zone.

        Raises:
            QueryInvalid: If the query cannot be read.
        """
        return queries.read(query, queries.Context(now=self._clock.now(), zone=ZoneInfo(project.time_zone)))

    async def packed_ids(self, scope: Scope, project: Project, *query: str) -> bytes:
        """See the port."""
        node = And(tuple(self.read(project, one) for one in query))
        statement = await self._matching(select(images.c.id), scope, project.id, node)
        found = list(await self._session.scalars(statement))
        return await asyncio.to_thread(lambda: ids.pack_ids(sorted(found)))

    async def ids(self, scope: Scope, project: Project, query: str) -> list[str]:
        """See the port."""
        node = self.read(project, query)
        newest_first = (images.c.upload_time.desc(), images.c.id.desc())
        statement = await self._matching(select(images.c.id), scope, project.id, node)
        return list(await self._session.scalars(statement.order_by(*newest_first)))

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
        by = ORDERS[order]
        statement = await self._matching(select(images.c.id, by.column.label("sort")), scope, project_id, node)
        if after:
            statement = statement.where(by.behind(after))
        rows = (await self._session.execute(statement.order_by(*by.columns()).limit(limit + 1).offset(skip))).all()
        has_more = len(rows) > limit
        rows = rows[:limit]
        return FoundPage(
            ids=tuple(row.id for row in rows),
            sort_key=(by.write(rows[-1].sort), rows[-1].id) if has_more and rows else (),
        )

    async def count(self, scope: Scope, project_id: str, node: Node) -> int:
        """See the port."""
        statement = await self._matching(select(func.count()).select_from(images), scope, project_id, node)
        return int((await self._session.scalar(statement)) or 0)

    async def facet(
        self, scope: Scope, project_id: str, node: Node, field: Field, limit: int, containing: str = ""
    ) -> list[FacetValue]:
        """See the port."""
        matching = await self._matching(select(images.c.id), scope, project_id, node)
        return await search_facets.count_values(self._session, matching, project_id, field, limit, containing)

    async def histogram(self, scope: Scope, project_id: str, node: Node, field: Field, bins: int) -> Histogram:
        """See the port."""
        matching = await self._matching(select(images.c.id), scope, project_id, node)
        total = await self.count(scope, project_id, node)
        return await search_histogram.histogram(self._session, matching, total, field, bins)

    async def keys(self, scope: Scope, project_id: str, prefix: str, limit: int) -> list[MetadataKey]:
        """See the port."""
        seen = await sight(self._session, scope, project_id)
        return await search_facets.metadata_keys(self._session, seen, prefix, limit)

    async def neighbours(
        self, scope: Scope, project_id: str, node: Node, order: Order, image_id: str
    ) -> Position | None:
        """See the port."""
        by = ORDERS[order]
        ids = await self._matching(select(images.c.id), scope, project_id, node)
        own = ids.with_only_columns(by.column.label("sort")).where(images.c.id == image_id)
        row = (await self._session.execute(own)).first()
        if row is None:
            return None
        before = ids.where(by.before(row.sort, image_id))
        behind = ids.where(by.behind((by.write(row.sort), image_id)))
        number = await self._session.scalar(before.with_only_columns(func.count()))
        previous = await self._session.scalar(before.order_by(*by.columns(backwards=True)).limit(1))
        following = await self._session.scalar(behind.order_by(*by.columns()).limit(1))
        return Position(int(number or 0) + 1, previous or "", following or "")

    async def _matching(self, statement: Select[Any], scope: Scope, project_id: str, node: Node) -> Select[Any]:
        seen = await sight(self._session, scope, project_id)
        return statement.where(seen.rows(), condition(node, project_id, seen))
