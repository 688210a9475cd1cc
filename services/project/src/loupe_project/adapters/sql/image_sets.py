"""Sets of images in SQL: their ids as lists in JSON, which both databases read as tables."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import id_lists
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
            row = {"set_id": image_set.id, "part": number, "ids": id_lists.text_of(part)}
            await self._session.execute(insert(image_set_parts).values(row))
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
    ids = id_lists.listed(image_set_parts.c.ids).c.value
    return images.c.id.in_(select(ids).select_from(image_set_parts).where(image_set_parts.c.set_id == set_id))
