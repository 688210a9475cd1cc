"""Ground truth in SQL. An image's class is kept in its row as well, where search looks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import image_names, image_rows, tables
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import images, labels
from loupe_project.domain.image import Label, NewLabel
from loupe_project.domain.label_files.rows import ImageKey
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold
from loupe_project.ports.label_files import NamedImages


class SqlLabelRepository:
    """See `ports.store.LabelRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list_oldest_first(self, image_id: str, *, after: str, limit: int) -> list[Label]:
        """Labels of an image, after the one with the id `after`."""
        rows = await self._session.execute(
            select(labels).where(labels.c.image_id == image_id, labels.c.id > after).order_by(labels.c.id).limit(limit)
        )
        return [image_rows.label_of(row) for row in rows]

    async def of_images(self, image_ids: Sequence[str]) -> dict[str, list[Label]]:
        """All labels of images, the oldest first."""
        found: dict[str, list[Label]] = {image_id: [] for image_id in image_ids}
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(labels).where(labels.c.image_id.in_(some)).order_by(labels.c.image_id, labels.c.id)
            )
            for row in rows:
                found[row.image_id].append(image_rows.label_of(row))
        return found

    async def put(
        self, project_id: str, labels: Mapping[str, Sequence[NewLabel]], creator: str, now: datetime
    ) -> dict[str, list[Label]]:
        """Give images labels, by image id. A label without a box takes the place of the image's class."""
        rows = [
            image_rows.label_row(project_id, image_id, one, creator, now)
            for image_id, some in labels.items()
            for one in _one_class(some)
        ]
        classes = {row["image_id"]: row["display_name"] for row in rows if row["x"] is None}
        await self._forget_classes(list(classes))
        if rows:
            await self._session.execute(insert(tables.labels), rows)
        await self._set_truths(classes, now)
        given: dict[str, list[Label]] = {image_id: [] for image_id in labels}
        for row in rows:
            given[row["image_id"]].append(image_rows.label_of(SimpleNamespace(**row)))
        return given

    async def find_images(
        self, scope: Scope, project_id: str, key: ImageKey, names: Sequence[str], *, is_stem: bool
    ) -> NamedImages:
        """See the port."""
        seen = await sight(self._session, scope, project_id)
        return await image_names.find(self._session, seen, key, names, is_stem=is_stem)

    async def exchange(self, project_id: str, gone: Sequence[Label], come: Sequence[Label], now: datetime) -> None:
        """Take labels away and write others, with the ids, people and times that they have."""
        for some in chunks([one.id for one in gone]):
            await self._session.execute(delete(labels).where(labels.c.id.in_(some)))
        rows = [_row(project_id, one) for one in come]
        for few in chunks(rows):
            await self._session.execute(insert(labels), few)
        classes: dict[str, str | None] = {one.image_id: None for one in gone if one.box is None}
        classes.update({one.image_id: one.display_name for one in come if one.box is None})
        await self._set_truths(classes, now)

    async def _forget_classes(self, image_ids: Sequence[str]) -> None:
        for some in chunks(image_ids):
            await self._session.execute(delete(labels).where(labels.c.image_id.in_(some), labels.c.x.is_(None)))

    async def _set_truths(self, classes: Mapping[str, str | None], now: datetime) -> None:
        if not classes:
            return
        await self._session.execute(
            update(images)
            .where(images.c.id == bindparam("image"))
            .values(truth=bindparam("class"), truth_folded=bindparam("folded"), update_time=now),
            [
                {"image": image_id, "class": name, "folded": None if name is None else fold(name, 200)}
                for image_id, name in classes.items()
            ],
        )


def _row(project_id: str, label: Label) -> dict[str, object]:
    row = image_rows.label_row(
        project_id, label.image_id, NewLabel(label.display_name, label.box), label.creator, label.create_time
    )
    return row | {"id": label.id}


def _one_class(some: Sequence[NewLabel]) -> Iterable[NewLabel]:
    """Of the labels without a box only the last one counts."""
    return (*[one for one in some if one.box is None][-1:], *[one for one in some if one.box is not None])
