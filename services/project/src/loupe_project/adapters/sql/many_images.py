"""Rows of very many images: looked up by their ids, or read one after another where most of a project is asked for.

A map of a million images is asked for whole. Looking each of them up costs five times what reading the table does.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import images

IDS_A_STATEMENT = 5_000
"""Both databases take more; this keeps a statement under half a megabyte."""
_ROWS_AT_ONCE = 20_000


async def rows_of(
    session: AsyncSession, statement: Select[Any], project_id: str, image_ids: Sequence[str]
) -> list[Row[Any]]:
    """Rows of a statement for some images of a project, in no order.

    Args:
        session: Of the transaction.
        statement: Selects from `images`, which others may be joined to; `images.id` first.
        project_id: The project.
        image_ids: Each at most once; those of other projects have no rows.
    """
    of_project = images.c.project_id == project_id
    found: list[Row[Any]] = []
    if not await _are_most(session, project_id, image_ids):
        for some in chunks(image_ids, IDS_A_STATEMENT):
            found += await session.execute(statement.where(of_project, images.c.id.in_(some)))
        return found
    wanted = set(image_ids)
    rows = await session.stream(statement.where(of_project).execution_options(yield_per=_ROWS_AT_ONCE))
    async for part in rows.partitions():
        found += [row for row in part if row[0] in wanted]
    return found


async def _are_most(session: AsyncSession, project_id: str, image_ids: Sequence[str]) -> bool:
    if len(image_ids) <= IDS_A_STATEMENT:
        return False
    total = await session.scalar(select(func.count()).select_from(images).where(images.c.project_id == project_id))
    return 2 * len(image_ids) >= (total or 0)
