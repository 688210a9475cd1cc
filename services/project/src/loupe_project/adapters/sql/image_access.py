"""Who may see single images, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import forget_sights
from loupe_project.adapters.sql.tables import image_readers, images, narrowed_images
from loupe_project.domain.errors import TooManyReaders
from loupe_project.domain.image_access import MAX_READERS, AccessMode, AccessWish, ImageAccess, Principal
from loupe_project.domain.project import PrincipalKind


class SqlImageAccessRepository:
    """See `ports.access.ImageAccessRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, image_id: str) -> ImageAccess:
        """See the port."""
        narrowed = select(narrowed_images.c.image_id).where(narrowed_images.c.image_id == image_id)
        is_narrowed = (await self._session.execute(narrowed)).first() is not None
        rows = await self._session.execute(
            select(image_readers.c.principal_kind, image_readers.c.principal_id).where(
                image_readers.c.image_id == image_id
            )
        )
        readers = sorted(Principal(PrincipalKind(kind), one) for kind, one in rows)
        return ImageAccess(AccessMode.RESTRICTED if is_narrowed else AccessMode.INHERITED, tuple(readers))

    async def get_many(self, image_ids: Sequence[str]) -> dict[str, ImageAccess]:
        """See the port."""
        narrowed: set[str] = set()
        readers: dict[str, list[Principal]] = {one: [] for one in image_ids}
        table = image_readers.c
        for some in chunks(image_ids):
            narrowed.update(
                await self._session.scalars(
                    select(narrowed_images.c.image_id).where(narrowed_images.c.image_id.in_(some))
                )
            )
            rows = await self._session.execute(
                select(table.image_id, table.principal_kind, table.principal_id).where(table.image_id.in_(some))
            )
            for image_id, kind, one in rows:
                readers[image_id].append(Principal(PrincipalKind(kind), one))
        return {
            one: ImageAccess(
                AccessMode.RESTRICTED if one in narrowed else AccessMode.INHERITED, tuple(sorted(readers[one]))
            )
            for one in image_ids
        }

    async def modify(self, project_id: str, image_ids: Sequence[str], wish: AccessWish) -> tuple[int, int, int]:
        """See the port."""
        count = added = removed = 0
        for some in chunks(image_ids):
            here = list(
                await self._session.scalars(
                    select(images.c.id).where(images.c.id.in_(some), images.c.project_id == project_id)
                )
            )
            count += len(here)
            await self._set_mode(project_id, here, wish.mode)
            removed += await self._remove(here, wish)
            added += await self._add(project_id, here, wish.add)
        forget_sights(self._session)
        return count, added, removed

    async def _set_mode(self, project_id: str, image_ids: Sequence[str], mode: AccessMode | None) -> None:
        if mode is None or not image_ids:
            return
        table = narrowed_images
        if mode is AccessMode.INHERITED:
            await self._session.execute(delete(table).where(table.c.image_id.in_(image_ids)))
            return
        there = set(await self._session.scalars(select(table.c.image_id).where(table.c.image_id.in_(image_ids))))
        rows = [{"image_id": one, "project_id": project_id} for one in image_ids if one not in there]
        if rows:
            await self._session.execute(insert(table), rows)

    async def _remove(self, image_ids: Sequence[str], wish: AccessWish) -> int:
        if not image_ids or not (wish.clears or wish.remove):
            return 0
        statement = delete(image_readers).where(image_readers.c.image_id.in_(image_ids))
        kept = _one_of(wish.add)
        if wish.clears and kept is not None:
            # Who goes and comes back at once stays, and is counted neither way.
            statement = statement.where(~kept)
        going = None if wish.clears else _one_of(wish.remove)
        if going is not None:
            statement = statement.where(going)
        done: CursorResult[Any] = await self._session.execute(statement)  # type: ignore[assignment] # of a DELETE
        return done.rowcount

    async def _add(self, project_id: str, image_ids: Sequence[str], readers: Sequence[Principal]) -> int:
        if not image_ids or not readers:
            return 0
        table = image_readers.c
        rows = await self._session.execute(
            select(table.image_id, table.principal_kind, table.principal_id).where(table.image_id.in_(image_ids))
        )
        there = {(image_id, Principal(PrincipalKind(kind), one)) for image_id, kind, one in rows}
        new = [
            {
                "image_id": image_id,
                "principal_kind": reader.kind,
                "principal_id": reader.id,
                "project_id": project_id,
            }
            for image_id in image_ids
            for reader in readers
            if (image_id, reader) not in there
        ]
        if new:
            await self._session.execute(insert(image_readers), new)
            await self._check_numbers(image_ids)
        return len(new)

    async def _check_numbers(self, image_ids: Sequence[str]) -> None:
        table = image_readers.c
        found = await self._session.scalar(
            select(table.image_id)
            .where(table.image_id.in_(image_ids))
            .group_by(table.image_id)
            .having(func.count() > MAX_READERS)
            .limit(1)
        )
        if found is not None:
            raise TooManyReaders(
                f"Image {found} would have more than {MAX_READERS:,} readers; share with departments instead.",
                image=found,
                limit=str(MAX_READERS),
            )


def _one_of(principals: Sequence[Principal]) -> ColumnElement[bool] | None:
    """Rows that name one of them; None for nobody."""
    table = image_readers.c
    conditions = [and_(table.principal_kind == one.kind, table.principal_id == one.id) for one in principals]
    return or_(*conditions) if conditions else None
