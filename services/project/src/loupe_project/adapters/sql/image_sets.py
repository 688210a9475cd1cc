"""Sets of images in SQL: their ids as lists in JSON, which both databases read as tables."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import image_set_parts, image_sets, images
from loupe_project.domain.image_set import MAX_KEPT, ImageSet

_IDS_A_PART = 20_000
"""0.8 MB of text: a statement of it passes where MariaDB's packets are at their smallest usual size."""


class SqlImageSetRepository:
    """See the port `ImageSetRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, image_set: ImageSet, image_ids: Sequence[str]) -> None:
        """See the port."""
        row = {name: getattr(image_set, name) for name in ("id", "project_id", "creator", "image_count", "expire_time")}
        await self._session.execute(insert(image_sets).values(row))
        for number, part in enumerate(chunks(image_ids, _IDS_A_PART)):
            text = json.dumps(list(part), separators=(",", ":"))
            await self._session.execute(insert(image_set_parts).values(set_id=image_set.id, part=number, ids=text))
        mine = (image_sets.c.project_id == image_set.project_id, image_sets.c.creator == image_set.creator)
        newest_first = select(image_sets.c.id).where(*mine).order_by(image_sets.c.id.desc())
        old = list(await self._session.scalars(newest_first.offset(MAX_KEPT).limit(MAX_KEPT)))
        await self._session.execute(delete(image_sets).where(image_sets.c.id.in_(old)))

    async def forget(self, now: datetime) -> None:
        """See the port."""
        await self._session.execute(delete(image_sets).where(image_sets.c.expire_time <= now))


async def is_there(session: AsyncSession, project_id: str, set_id: str) -> bool:
    """Whether a project has a set with this id."""
    mine = select(image_sets.c.id).where(image_sets.c.id == set_id, image_sets.c.project_id == project_id)
    return await session.scalar(mine) is not None


async def image_ids(session: AsyncSession, set_id: str) -> list[str]:
    """Ids of the images of a set; none if there is no such set."""
    parts = select(image_set_parts.c.ids).where(image_set_parts.c.set_id == set_id).order_by(image_set_parts.c.part)
    return [one for text in await session.scalars(parts) for one in json.loads(text)]


def in_set(set_id: str) -> ColumnElement[bool]:
    """Condition on `images`: belongs to a set."""
    return _InSet(images.c.id, literal(set_id))


class _InSet(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


@compiles(_InSet, "sqlite")
def _in_set_of_sqlite(element: _InSet, compiler: SQLCompiler, **options: Any) -> str:
    return _in(element, compiler, options, "value", f"json_each({image_set_parts.name}.ids)")


@compiles(_InSet, "mysql")
@compiles(_InSet, "mariadb")
def _in_set_of_mariadb(element: _InSet, compiler: SQLCompiler, **options: Any) -> str:
    column = "id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$'"
    listed = f"JSON_TABLE({image_set_parts.name}.ids, '$[*]' COLUMNS ({column})) AS listed"
    return _in(element, compiler, options, "listed.id", listed)


def _in(element: _InSet, compiler: SQLCompiler, options: dict[str, Any], column: str, listed: str) -> str:
    image, wanted = (compiler.process(each, **options) for each in element.clauses)
    parts = image_set_parts.name
    # Names of tables, and a parameter.
    return f"{image} IN (SELECT {column} FROM {parts}, {listed} WHERE {parts}.set_id = {wanted})"  # noqa: S608
