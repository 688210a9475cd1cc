"""The trash in SQL: a row beside the image, so that nothing of the image has to move."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import leaving
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import forget_sights
from loupe_project.adapters.sql.tables import images, trashed_images
from loupe_project.domain.trash import DeletedImage

_t = trashed_images.c


class SqlTrashRepository:
    """See `ports.trash.TrashRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(
        self, project_id: str, image_ids: Sequence[str], deletion_id: str, deleter: str, now: datetime
    ) -> list[str]:
        """See the port."""
        thrown: list[str] = []
        for some in chunks(image_ids):
            # Locked in one order, so that two deletions of the same images wait for each other.
            here = await self._session.scalars(
                select(images.c.id)
                .where(images.c.id.in_(some), images.c.project_id == project_id)
                .order_by(images.c.id)
                .with_for_update()
            )
            already = await self.existing(project_id, some)
            rows = [
                {
                    "image_id": one,
                    "project_id": project_id,
                    "deletion_id": deletion_id,
                    "deleter": deleter,
                    "delete_time": now,
                }
                for one in here
                if one not in already
            ]
            if rows:
                await self._session.execute(insert(trashed_images), rows)
            thrown += [row["image_id"] for row in rows]
        forget_sights(self._session)
        return thrown

    async def restore(self, project_id: str, image_ids: Sequence[str]) -> list[str]:
        """See the port."""
        back: list[str] = []
        for some in chunks(image_ids):
            here = await self._locked(project_id, some)
            await self._session.execute(delete(trashed_images).where(_t.image_id.in_(here)))
            back += here
        forget_sights(self._session)
        return back

    async def purge(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        """See the port."""
        count = 0
        for some in chunks(image_ids):
            going = await self._locked(project_id, some)
            count += await leaving.delete_images(self._session, project_id, going, now)
        forget_sights(self._session)
        return count

    async def _locked(self, project_id: str, image_ids: Sequence[str]) -> Sequence[str]:
        """Those of the ids that are in the trash; whoever restores and whoever purges one come one after the other."""
        here = select(_t.image_id).where(_t.image_id.in_(image_ids), _t.project_id == project_id)
        return (await self._session.scalars(here.order_by(_t.image_id).with_for_update())).all()

    async def ids(self, project_id: str, deletion_id: str | None = None) -> list[str]:
        """See the port."""
        statement = select(_t.image_id).where(_within(project_id, deletion_id)).order_by(_t.delete_time, _t.image_id)
        return list(await self._session.scalars(statement))

    async def existing(self, project_id: str, image_ids: Sequence[str]) -> set[str]:
        """See the port."""
        known: set[str] = set()
        for some in chunks(image_ids):
            known.update(
                await self._session.scalars(
                    select(_t.image_id).where(_t.image_id.in_(some), _t.project_id == project_id)
                )
            )
        return known

    async def list_newest_first(
        self, project_id: str, *, deletion_id: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[DeletedImage]:
        """See the port."""
        statement = select(
            images.c.id,
            images.c.file_name,
            images.c.width,
            images.c.height,
            images.c.size_bytes,
            images.c.upload_time,
            _t.delete_time,
            _t.deleter,
            _t.deletion_id,
        ).join(images, images.c.id == _t.image_id)
        statement = statement.where(_within(project_id, deletion_id))
        if after is not None:
            time, last_id = after
            statement = statement.where(or_(_t.delete_time < time, and_(_t.delete_time == time, _t.image_id < last_id)))
        statement = statement.order_by(_t.delete_time.desc(), _t.image_id.desc()).limit(limit)
        return [_deleted(row) for row in await self._session.execute(statement)]

    async def count(self, project_id: str, deletion_id: str | None = None) -> int:
        """See the port."""
        statement = select(func.count()).select_from(trashed_images).where(_within(project_id, deletion_id))
        return int((await self._session.scalar(statement)) or 0)

    async def overdue(self, before: datetime, limit: int) -> list[tuple[str, str]]:
        """See the port."""
        rows = await self._session.execute(
            select(_t.project_id, _t.image_id).where(_t.delete_time < before).order_by(_t.delete_time).limit(limit)
        )
        return [(row.project_id, row.image_id) for row in rows]


def _within(project_id: str, deletion_id: str | None) -> ColumnElement[bool]:
    mine = _t.project_id == project_id
    return mine if deletion_id is None else and_(mine, _t.deletion_id == deletion_id)


def _deleted(row: Any) -> DeletedImage:
    return DeletedImage(
        id=row.id,
        file_name=row.file_name,
        width=row.width,
        height=row.height,
        size_bytes=row.size_bytes,
        upload_time=row.upload_time,
        delete_time=row.delete_time,
        deleter=row.deleter,
        deletion_id=row.deletion_id,
    )
