"""History of images in SQL: one row for each fact of an image that a change altered."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, and_, delete, exists, func, insert, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.tables import changes, image_history
from loupe_project.adapters.sql.tag_links import insert_new
from loupe_project.domain.history import Alteration, Change, Fact, HistoryLine, HistoryPlace
from loupe_project.ports.history import UndoPiece

_LINE = (
    image_history.c.image_id,
    image_history.c.fact,
    image_history.c.subject,
    image_history.c.old_value,
    image_history.c.new_value,
    image_history.c.old_creator,
    image_history.c.old_time,
)


class SqlHistoryRepository:
    """See `ports.history.HistoryRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, change: Change) -> None:
        """Write down that a change is made; again changes nothing."""
        await self._session.execute(
            insert_new(self._session, changes),
            [
                {
                    "id": change.id,
                    "project_id": change.project_id,
                    "kind": change.kind,
                    "creator": change.creator,
                    "is_operation": change.is_operation,
                    "create_time": change.create_time,
                }
            ],
        )

    async def record(self, change_id: str, alterations: Sequence[Alteration], now: datetime) -> None:
        """Write down what a change that has begun alters."""
        if alterations:
            await self._session.execute(insert(image_history), [_row(change_id, one, now) for one in alterations])

    async def record_alike(self, change_id: str, line: Alteration, image_ids: Select[tuple[str]], now: datetime) -> int:
        """The same line for many images, made in the database: what is the same in all of them is sent once.

        Args:
            change_id: A change that has begun.
            line: What it alters; its image counts for nothing, and nobody is known who put the old value there.
            image_ids: Finds the images.
            now: Time of it.

        Returns:
            How many images there were.
        """
        table = image_history.c
        columns = (table.create_time, table.change_id, table.fact, table.subject, table.old_value, table.new_value)
        values = (now, change_id, str(line.fact), line.subject, line.old, line.new)
        same = [
            null() if value is None else literal(value, column.type)
            for column, value in zip(columns, values, strict=True)
        ]
        names = ["image_id", *(column.key for column in columns)]
        lines = insert(image_history).from_select(names, image_ids.add_columns(*same))
        return max(cast("CursorResult[Any]", await self._session.execute(lines)).rowcount, 0)

    async def get(self, project_id: str, change_id: str) -> Change | None:
        """One change."""
        found = await self._session.execute(
            select(changes).where(changes.c.id == change_id, changes.c.project_id == project_id)
        )
        row = found.first()
        return None if row is None else _change(row)

    async def list_newest_first(
        self, image_id: str, facts: Collection[Fact], *, after: HistoryPlace | None, limit: int
    ) -> list[HistoryLine]:
        """A page of the history of an image."""
        columns = (
            image_history.c.create_time,
            image_history.c.change_id,
            image_history.c.fact,
            image_history.c.subject,
        )
        statement = select(changes, *_LINE, image_history.c.create_time.label("time")).join(
            changes, changes.c.id == image_history.c.change_id
        )
        statement = statement.where(image_history.c.image_id == image_id, image_history.c.fact.in_(sorted(facts)))
        if after is not None:
            # One condition for each column: MariaDB uses no index for a comparison of rows.
            same = [column == value for column, value in zip(columns, after, strict=True)]
            statement = statement.where(
                or_(*(and_(*same[:number], columns[number] < after[number]) for number in range(len(columns))))
            )
        rows = await self._session.execute(statement.order_by(*(column.desc() for column in columns)).limit(limit))
        return [HistoryLine(_change(row), row.time, _alteration(row)) for row in rows]

    async def piece_of(self, change_id: str, *, after_image_id: str, image_limit: int) -> UndoPiece:
        """What a change did to the next images, without what was overwritten."""
        images_of = (
            select(image_history.c.image_id)
            .where(image_history.c.change_id == change_id, image_history.c.image_id > after_image_id)
            .order_by(image_history.c.image_id)
            .distinct()
            .limit(image_limit)
        )
        image_ids = list(await self._session.scalars(images_of))
        if not image_ids:
            return UndoPiece((), 0, 0, "")
        statement = select(*_LINE, _is_overwritten().label("is_overwritten")).where(
            image_history.c.change_id == change_id, image_history.c.image_id.between(image_ids[0], image_ids[-1])
        )
        rows = (await self._session.execute(statement.order_by(image_history.c.image_id))).all()
        left = tuple(_alteration(row) for row in rows if not row.is_overwritten)
        return UndoPiece(left, len(rows) - len(left), len(image_ids), image_ids[-1])

    async def image_count(self, change_id: str) -> int:
        """Images that a change altered and that are still there."""
        counted = select(func.count(image_history.c.image_id.distinct())).where(image_history.c.change_id == change_id)
        return int(await self._session.scalar(counted) or 0)

    async def forget(self, before: datetime, limit: int) -> int:
        """Forget the oldest lines, and changes of which none is left."""
        oldest = select(changes.c.id).where(changes.c.create_time < before).order_by(changes.c.create_time).limit(1)
        change_id = await self._session.scalar(oldest)
        if change_id is None:
            return 0
        found = select(image_history.c.image_id).where(image_history.c.change_id == change_id).distinct().limit(limit)
        image_ids = list(await self._session.scalars(found))
        gone = delete(image_history).where(
            image_history.c.change_id == change_id, image_history.c.image_id.in_(image_ids)
        )
        result = cast("CursorResult[Any]", await self._session.execute(gone))
        if len(image_ids) < limit:
            await self._session.execute(delete(changes).where(changes.c.id == change_id))
        return max(result.rowcount, 1)


def _is_overwritten() -> Any:
    """Whether the same fact of the image was altered after a line."""
    later = image_history.alias("later")
    return exists(
        select(later.c.image_id).where(
            later.c.image_id == image_history.c.image_id,
            later.c.fact == image_history.c.fact,
            later.c.subject == image_history.c.subject,
            or_(
                later.c.create_time > image_history.c.create_time,
                and_(
                    later.c.create_time == image_history.c.create_time,
                    later.c.change_id > image_history.c.change_id,
                ),
            ),
        )
    )


def _row(change_id: str, one: Alteration, now: datetime) -> dict[str, Any]:
    return {
        "image_id": one.image_id,
        "create_time": now,
        "change_id": change_id,
        "fact": one.fact,
        "subject": one.subject,
        "old_value": one.old,
        "new_value": one.new,
        "old_creator": one.old_creator or None,
        "old_time": one.old_time,
    }


def _alteration(row: Any) -> Alteration:
    return Alteration(
        image_id=row.image_id,
        fact=Fact(row.fact),
        subject=row.subject,
        old=row.old_value,
        new=row.new_value,
        old_creator=row.old_creator or "",
        old_time=row.old_time,
    )


def _change(row: Any) -> Change:
    return Change(
        id=row.id,
        project_id=row.project_id,
        kind=row.kind,
        creator=row.creator,
        create_time=row.create_time,
        is_operation=bool(row.is_operation),
    )
