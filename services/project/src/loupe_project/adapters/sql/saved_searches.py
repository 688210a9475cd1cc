"""Saved searches in SQL."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, false, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import saved_search_counts, saved_search_looks, saved_searches
from loupe_project.adapters.sql.tag_links import insert_new
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.saved_search import DailyCount, SavedSearch, SearchToCount, SearchVisibility
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Order
from loupe_project.domain.text import fold


class SqlSavedSearchRepository:
    """See the port `SavedSearchRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, scope: Scope, project_id: str, search_id: str) -> SavedSearch | None:
        """See the port."""
        statement = _with_look(scope).where(saved_searches.c.id == search_id, await self._visible(scope, project_id))
        row = (await self._session.execute(statement)).first()
        return None if row is None else _search(row)

    async def list_by_name(
        self, scope: Scope, project_id: str, *, after: tuple[str, str] | None, limit: int
    ) -> list[SavedSearch]:
        """See the port."""
        name, own_id = saved_searches.c.name_folded, saved_searches.c.id
        statement = _with_look(scope).where(await self._visible(scope, project_id))
        if after is not None:
            statement = statement.where(or_(name > after[0], and_(name == after[0], own_id > after[1])))
        return [_search(row) for row in await self._session.execute(statement.order_by(name, own_id).limit(limit))]

    async def count_of(self, project_id: str, creator: str) -> int:
        """See the port."""
        statement = select(func.count()).where(
            saved_searches.c.project_id == project_id, saved_searches.c.creator == creator
        )
        return int(await self._session.scalar(statement) or 0)

    async def add(self, search: SavedSearch) -> None:
        """See the port."""
        fixed = {
            "id": search.id,
            "project_id": search.project_id,
            "creator": search.creator,
            "create_time": search.create_time,
        }
        await self._session.execute(insert(saved_searches).values(fixed | _changing(search)))

    async def save(self, search: SavedSearch, *, forget_history: bool) -> None:
        """See the port."""
        await self._session.execute(
            update(saved_searches).where(saved_searches.c.id == search.id).values(_changing(search))
        )
        if forget_history:
            counts = saved_search_counts
            await self._session.execute(delete(counts).where(counts.c.saved_search_id == search.id))

    async def delete(self, search_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(saved_searches).where(saved_searches.c.id == search_id))

    async def looked(self, search_id: str, principal: str, time: datetime) -> None:
        """See the port."""
        looks = saved_search_looks
        own = {"saved_search_id": search_id, "principal": principal}
        await self._session.execute(insert_new(self._session, looks), [own | {"look_time": time}])
        await self._session.execute(
            update(looks)
            .where(looks.c.saved_search_id == search_id, looks.c.principal == principal)
            .values(look_time=time)
        )

    async def counts(self, search_id: str, *, before: date | None, limit: int) -> Sequence[DailyCount]:
        """See the port."""
        counts = saved_search_counts
        statement = select(counts.c.day, counts.c.image_count).where(counts.c.saved_search_id == search_id)
        if before is not None:
            statement = statement.where(counts.c.day < before)
        rows = await self._session.execute(statement.order_by(counts.c.day.desc()).limit(limit))
        return [DailyCount(day, count) for day, count in rows]

    async def list_to_count(self, *, after: str, limit: int) -> list[SearchToCount]:
        """See the port."""
        counts = saved_search_counts
        last = select(func.max(counts.c.day)).where(counts.c.saved_search_id == saved_searches.c.id)
        statement = select(
            saved_searches, literal(None).label("look_time"), last.scalar_subquery().label("last_day")
        ).where(saved_searches.c.id > after)
        rows = await self._session.execute(statement.order_by(saved_searches.c.id).limit(limit))
        return [SearchToCount(_search(row), row.last_day) for row in rows]

    async def put_count(self, search_id: str, count: DailyCount) -> None:
        """See the port."""
        row = {"saved_search_id": search_id, "day": count.day, "image_count": count.count}
        await self._session.execute(insert_new(self._session, saved_search_counts), [row])

    async def forget_counts(self, before: date) -> None:
        """See the port."""
        await self._session.execute(delete(saved_search_counts).where(saved_search_counts.c.day < before))

    async def _visible(self, scope: Scope, project_id: str) -> ColumnElement[bool]:
        """Those that are shared with whoever views the project, and the caller's own."""
        role = (await sight(self._session, scope, project_id)).role
        if role is None:
            return false()
        inside = saved_searches.c.project_id == project_id
        if scope.everything:
            return inside
        mine = saved_searches.c.creator == scope.principal
        if role is ProjectRole.GUEST:
            return and_(inside, mine)
        return and_(inside, or_(mine, saved_searches.c.visibility == SearchVisibility.SHARED))


def _with_look(scope: Scope) -> Select[Any]:
    looks = saved_search_looks
    own = and_(looks.c.saved_search_id == saved_searches.c.id, looks.c.principal == scope.principal)
    return select(saved_searches, looks.c.look_time).select_from(saved_searches.outerjoin(looks, own))


def _changing(search: SavedSearch) -> dict[str, Any]:
    return {
        "display_name": search.display_name,
        "name_folded": fold(search.display_name, 200),
        "query": search.query,
        "sort_order": search.order.value,
        "visibility": search.visibility,
        "update_time": search.update_time,
    }


def _search(row: Any) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        project_id=row.project_id,
        display_name=row.display_name,
        query=row.query,
        order=Order(row.sort_order),
        visibility=SearchVisibility(row.visibility),
        creator=row.creator,
        create_time=row.create_time,
        update_time=row.update_time,
        look_time=row.look_time,
    )
