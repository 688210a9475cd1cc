"""Finding images in SQL: pages by key set, exact counts, facets, all ids. The scope is part of every statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit.clock import Clock, SystemClock
from loupe_kit.paging import PageTokenInvalid
from loupe_project.adapters.sql import search_facets
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.tables import images, outlier_scores
from loupe_project.domain import query as queries
from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import Field, Node
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import FacetValue, FoundPage, Order

_UNSCORED = -1.0
"""Stands before every outlier score: images without one come last."""

_UNSURE = 2.0
"""Stands behind every confidence: images without one come last."""


class SqlImageSearch:
    """See the port `ImageSearch`."""

    def __init__(self, session: AsyncSession, clock: Clock | None = None) -> None:
        self._session = session
        self._clock = clock or SystemClock()

    async def ids(self, scope: Scope, project: Project, query: str) -> list[str]:
        """See the port."""
        context = queries.Context(now=self._clock.now(), zone=ZoneInfo(project.time_zone))
        node = queries.read(query, context)
        newest_first = (images.c.upload_time.desc(), images.c.id.desc())
        statement = await self._matching(select(images.c.id), scope, project.id, node)
        return list(await self._session.scalars(statement.order_by(*newest_first)))

    async def page(
        self, scope: Scope, project_id: str, node: Node, *, order: Order, after: Sequence[str | int], limit: int
    ) -> FoundPage:
        """See the port."""
        by = _ORDERS[order]
        statement = await self._matching(select(images.c.id, by.column.label("sort")), scope, project_id, node)
        if after:
            statement = statement.where(by.behind(after))
        rows = (await self._session.execute(statement.order_by(*by.columns()).limit(limit + 1))).all()
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

    async def facet(self, scope: Scope, project_id: str, node: Node, field: Field, limit: int) -> list[FacetValue]:
        """See the port."""
        matching = await self._matching(select(images.c.id), scope, project_id, node)
        return await search_facets.count_values(self._session, matching, project_id, field, limit)

    async def _matching(self, statement: Select[Any], scope: Scope, project_id: str, node: Node) -> Select[Any]:
        seen = await sight(self._session, scope, project_id)
        return statement.where(seen.rows(), condition(node, project_id, seen))


class _By:
    """An order of images: one column, then the id."""

    def __init__(self, column: ColumnElement[Any], *, descending: bool = False) -> None:
        self.column = column
        self._descending = descending

    def columns(self) -> list[ColumnElement[Any]]:
        """What to sort by."""
        both: list[ColumnElement[Any]] = [self.column, images.c.id]
        return [column.desc() for column in both] if self._descending else both

    def behind(self, key: Sequence[str | int]) -> ColumnElement[bool]:
        """Condition on images that come after the one with this sort key.

        Raises:
            PageTokenInvalid: If the key is of another order.
        """
        try:
            text, image_id = key
            value = self.read(str(text))
        except ValueError as error:
            raise PageTokenInvalid("Page token belongs to another order; start without it.") from error
        column, last = self.column, images.c.id
        if self._descending:
            return or_(column < value, and_(column == value, last < image_id))
        return or_(column > value, and_(column == value, last > image_id))

    def write(self, value: Any) -> str:
        """A value of the column as text."""
        return str(value)

    def read(self, text: str) -> Any:
        """Undo `write`."""
        return text


class _ByTime(_By):
    def write(self, value: datetime) -> str:
        return value.isoformat()

    def read(self, text: str) -> datetime:
        return datetime.fromisoformat(text)


class _ByNumber(_By):
    def write(self, value: float) -> str:
        return repr(float(value))

    def read(self, text: str) -> float:
        return float(text)


_OUTLIER = select(outlier_scores.c.score).where(outlier_scores.c.image_id == images.c.id).scalar_subquery()

_ORDERS: dict[Order, _By] = {
    Order.NEWEST: _ByTime(images.c.upload_time, descending=True),
    Order.OLDEST: _ByTime(images.c.upload_time),
    Order.FILE_NAME: _By(images.c.file_name_folded),
    Order.OUTLIER: _ByNumber(func.coalesce(_OUTLIER, _UNSCORED), descending=True),
    Order.CONFIDENCE: _ByNumber(func.coalesce(images.c.confidence, _UNSURE)),
}
