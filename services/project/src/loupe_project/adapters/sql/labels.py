"""Ground truth in SQL. An image's class is kept in its row as well, where search looks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import image_rows, tables
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import images, labels
from loupe_project.domain.image import Label, NewLabel
from loupe_project.domain.text import fold


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

    async def get(self, image_id: str, label_id: str) -> Label | None:
        """One label."""
        found = await self._session.execute(
            select(labels).where(labels.c.image_id == image_id, labels.c.id == label_id)
        )
        row = found.first()
        return None if row is None else image_rows.label_of(row)

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

    async def delete(self, image_id: str, label_id: str, now: datetime) -> bool:
        """Take a label away; False when there is none."""
        label = await self.get(image_id, label_id)
        if label is None:
            return False
        await self._session.execute(delete(labels).where(labels.c.id == label_id))
        if label.box is None:
            await self._set_truths({image_id: None}, now)
        return True

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


def _one_class(some: Sequence[NewLabel]) -> Iterable[NewLabel]:
    """Of the labels without a box only the last one counts."""
    return (*[one for one in some if one.box is None][-1:], *[one for one in some if one.box is not None])
