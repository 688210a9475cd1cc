"""Exports in SQL."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import selections
from loupe_project.adapters.sql.scope import sight, visible_project_ids
from loupe_project.adapters.sql.tables import exports, images
from loupe_project.domain.export import Content, Export, ExportState
from loupe_project.domain.scope import Scope


class SqlExportRepository:
    """See the port `ExportRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, export: Export) -> None:
        """See the port."""
        await self._session.execute(insert(exports).values(_fixed(export) | _changing(export)))

    async def get(self, scope: Scope, project_id: str, export_id: str) -> Export | None:
        """See the port."""
        found = await self._session.execute(
            select(exports).where(exports.c.id == export_id, _visible(scope, project_id))
        )
        row = found.first()
        return None if row is None else _export(row)

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Export]:
        """See the port."""
        statement = select(exports).where(_visible(scope, project_id)).order_by(exports.c.id.desc()).limit(limit)
        if before:
            statement = statement.where(exports.c.id < before)
        return [_export(row) for row in await self._session.execute(statement)]

    async def save(self, export: Export) -> bool:
        """See the port."""
        done = await self._session.execute(update(exports).where(exports.c.id == export.id).values(_changing(export)))
        return bool(getattr(done, "rowcount", 0))

    async def delete(self, export_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(exports).where(exports.c.id == export_id))

    async def expired(self, now: datetime, limit: int) -> list[Export]:
        """See the port."""
        statement = select(exports).where(exports.c.expire_time <= now).order_by(exports.c.expire_time).limit(limit)
        return [_export(row) for row in await self._session.execute(statement)]

    async def file_names(self, scope: Scope, project_id: str, image_ids: Sequence[str]) -> dict[str, str]:
        """See the port."""
        seen = (await sight(self._session, scope, project_id)).images()
        statement = select(images.c.id, images.c.file_name).where(
            images.c.project_id == project_id, images.c.id.in_(image_ids), seen
        )
        return {row.id: row.file_name for row in await self._session.execute(statement)}


def _visible(scope: Scope, project_id: str) -> ColumnElement[bool]:
    mine = true() if scope.everything else exports.c.creator == scope.principal
    return and_(exports.c.project_id == project_id, visible_project_ids(scope, project_id), mine)


def _fixed(export: Export) -> dict[str, Any]:
    maps = None if export.analysis_ids is None else list(export.analysis_ids)
    return {
        "id": export.id,
        "project_id": export.project_id,
        "selector": selections.to_bytes(export.selection),
        "split_id": export.split_id or None,
        "contents": ",".join(export.contents),
        "analyses": json.dumps(maps).encode(),
        "creator": export.creator,
        "operation_id": export.operation_id,
        "create_time": export.create_time,
    }


def _changing(export: Export) -> dict[str, Any]:
    return {
        "state": export.state,
        "image_count": export.image_count,
        "size_bytes": export.size_bytes,
        "object_key": export.object_key or None,
        "expire_time": export.expire_time,
    }


def _export(row: Row[Any]) -> Export:
    maps = json.loads(row.analyses)
    return Export(
        id=row.id,
        project_id=row.project_id,
        selection=selections.from_bytes(row.selector),
        contents=tuple(Content(one) for one in row.contents.split(",")),
        analysis_ids=None if maps is None else tuple(maps),
        creator=row.creator,
        operation_id=row.operation_id or "",
        create_time=row.create_time,
        expire_time=row.expire_time,
        state=ExportState(row.state),
        image_count=row.image_count,
        size_bytes=row.size_bytes,
        object_key=row.object_key or "",
        split_id=row.split_id or "",
    )
