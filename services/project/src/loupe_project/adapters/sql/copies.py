"""Copying images from project to project in SQL: INSERT … SELECT, with what the copies have instead.

Which image becomes which copy stands in a temporary table of the connection, which nobody else sees or waits for.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Join, Table, and_, case, insert, literal, null, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ClauseElement

from loupe_kit import ids
from loupe_project.adapters.sql import copied_tags
from loupe_project.adapters.sql.copying_tables import copying, empty
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.search_changes import Named
from loupe_project.adapters.sql.tables import (
    analysis_jobs,
    image_features,
    image_metadata,
    images,
    labels,
    narrowed_images,
    prediction_boxes,
    predictions,
    shared_objects,
)
from loupe_project.domain.copying import CopyPlan
from loupe_project.domain.image import FeatureSource, ImageState
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import StoreConflict

_UPLOADED = "uploaded"
_UNANSWERED = {
    "state": ImageState.PENDING,
    "failure": None,
    "model": None,
    "version": None,
    "label": None,
    "label_folded": None,
    "confidence": None,
}

Row = dict[str, Any]


class SqlCopyRepository:
    """See `ports.copies.CopyRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._copies = Named("", ())
        self._image_ids: Sequence[str] = ()

    async def plan(self, scope: Scope, project_id: str, target: Project, copies: Mapping[str, str]) -> CopyPlan:
        """See the port."""
        seen = (await sight(self._session, scope, project_id)).images()
        found = await self._session.execute(
            select(images.c.id, images.c.sha256, _is_answered(target).label("is_answered")).where(
                images.c.id.in_(list(copies)), images.c.project_id == project_id, seen
            )
        )
        rows = found.all()
        there = await self._session.execute(
            select(images.c.sha256, images.c.id).where(
                images.c.project_id == target.id, images.c.sha256.in_([row.sha256 for row in rows])
            )
        )
        image_of = {row.sha256: row.id for row in there}
        new = {row.id: copies[row.id] for row in rows if row.sha256 not in image_of}
        answered = frozenset(row.id for row in rows if row.is_answered and row.id in new)
        return CopyPlan(
            new=new,
            known={row.id: image_of[row.sha256] for row in rows if row.sha256 in image_of},
            answered=answered,
            features=await self._features(target, list(new), answered),
        )

    async def _features(
        self, target: Project, image_ids: Sequence[str], answered: Collection[str]
    ) -> dict[FeatureSource, tuple[str, ...]]:
        """Uploaded features come along always, those of the model with its answer."""
        rows = await self._rows(image_features, image_ids)
        own = FeatureSource(target.model, target.model_version)
        holders: dict[FeatureSource, list[str]] = defaultdict(list)
        for row in rows:
            source = FeatureSource(row["model"], row["version"])
            if source.model == _UPLOADED or (source == own and row["image_id"] in answered):
                holders[source].append(row["image_id"])
        return {source: tuple(some) for source, some in holders.items()}

    async def write(
        self,
        project_id: str,
        target: Project,
        plan: CopyPlan,
        features: Mapping[FeatureSource, Collection[str]],
        creator: str,
        now: datetime,
    ) -> Sequence[str]:
        """See the port."""
        # Locked, so that the bytes cannot go before the row is there that keeps them.
        found = await self._session.execute(
            select(images.c.id, images.c.capture_time)
            .where(images.c.id.in_(list(plan.new)), images.c.project_id == project_id)
            .order_by(images.c.id)
            .with_for_update()
        )
        capture_times = {row.id: row.capture_time for row in found}
        if not capture_times:
            return []
        self._copies, self._image_ids = Named(target.id, [plan.new[one] for one in capture_times]), list(capture_times)
        await self._pair(plan, list(capture_times))
        await self._copy_images(target, creator, now)
        for table in (image_metadata, narrowed_images):
            await self._copy(table, self._of(table.c.image_id), {"project_id": target.id})
        await self._copy_labels(target.id, {one: plan.new[one] for one in capture_times})
        await self._copy_answers(target)
        await copied_tags.write(
            self._session, target.id, {one: (plan.new[one], time) for one, time in capture_times.items()}, now
        )
        for source, copies in features.items():
            same = and_(image_features.c.model == source.model, image_features.c.version == source.version)
            wanted = and_(same, copying.c.copy_id.in_(sorted(copies)))
            await self._copy(image_features, self._of(image_features.c.image_id), {"project_id": target.id}, wanted)
        return list(capture_times)

    async def _pair(self, plan: CopyPlan, image_ids: Sequence[str]) -> None:
        """Note which image becomes which copy, where statements of this transaction find it."""
        await empty(self._session, copying)
        rows = [
            {"image_id": one, "copy_id": plan.new[one], "is_answered": one in plan.answered, "fresh_id": ids.new_id()}
            for one in image_ids
        ]
        await self._session.execute(insert(copying), rows)

    async def _copy_images(self, target: Project, creator: str, now: datetime) -> None:
        """The images themselves, who shares their bytes, and the promise to analyse those without an answer."""
        arrived = {
            "id": copying.c.copy_id,
            "project_id": target.id,
            "attempt": 1,
            "order_time": now,
            "upload_time": now,
            "update_time": now,
            "uploader": creator,
            "upload_batch_id": None,
        }
        answer = {
            name: case((copying.c.is_answered, images.c[name]), else_=_literal(images.c[name], value))
            for name, value in _UNANSWERED.items()
        }
        itself = self._of(images.c.id)
        try:
            await self._copy(images, itself, arrived | answer)
        except IntegrityError as error:
            raise StoreConflict("The same images arrived meanwhile; try again.") from error
        await self._copy(shared_objects, itself, {"project_id": target.id}, source=images)
        job = {
            "id": copying.c.fresh_id,
            "project_id": target.id,
            "model": target.model,
            "version": target.model_version,
            "attempt": 1,
            "published_time": None,
            "create_time": now,
        }
        await self._copy(analysis_jobs, itself, job, ~copying.c.is_answered, source=images)

    async def _copy_labels(self, target_id: str, copy_of: Mapping[str, str]) -> None:
        """Labels; each gets an id of its own."""
        found = await self._session.execute(select(labels).where(labels.c.image_id.in_(list(copy_of))))
        rows = [dict(row._mapping) for row in found]  # noqa: SLF001 - the public way to a row's columns
        if rows:
            own = [{"id": ids.new_id(), "image_id": copy_of[row["image_id"]], "project_id": target_id} for row in rows]
            await self._session.execute(insert(labels), [{**row, **new} for row, new in zip(rows, own, strict=True)])

    async def _copy_answers(self, target: Project) -> None:
        """What the target's own model said."""
        said = and_(
            self._of(predictions.c.image_id),
            predictions.c.model == target.model,
            predictions.c.version == target.model_version,
        )
        answered = copying.c.is_answered
        await self._copy(predictions, said, {"id": copying.c.fresh_id, "project_id": target.id}, answered)
        boxes = copying.join(predictions, said).join(
            prediction_boxes, prediction_boxes.c.prediction_id == predictions.c.id
        )
        shared = {"prediction_id": copying.c.fresh_id, "image_id": copying.c.copy_id, "project_id": target.id}
        await self._insert(prediction_boxes, shared, prediction_boxes, boxes, answered)

    async def _copy(
        self,
        table: Table,
        belongs: ColumnElement[bool],
        other: Mapping[str, Any],
        condition: ColumnElement[bool] | None = None,
        *,
        source: Table | None = None,
    ) -> None:
        """Rows of images for their copies.

        Args:
            table: Gets them.
            belongs: Which row of the source belongs to which image.
            other: What the copy's row has instead, by column; its image is the copy.
            condition: Only for these images.
            source: Where the other columns come from; default: the table.
        """
        here = table if source is None else source
        changed = {"image_id": copying.c.copy_id, **other} if "image_id" in table.c else other
        await self._insert(table, changed, here, copying.join(here, belongs), condition)

    async def _insert(
        self,
        table: Table,
        changed: Mapping[str, Any],
        source: Table,
        joined: Join,
        condition: ColumnElement[bool] | None,
    ) -> None:
        values = [
            _literal(column, changed[column.key]) if column.key in changed else source.c[column.key]
            for column in table.c
        ]
        found = select(*values).select_from(joined)
        if condition is not None:
            found = found.where(condition)
        written = insert(table).from_select([column.key for column in table.c], found)
        await self._session.execute(self._copies.of(written))

    def _of(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """That a row belongs to an image, by its column.

        The images are listed as well: nothing is known of the size of a temporary table, so that SQLite may as soon go
        through the whole of the other one.
        """
        return and_(column == copying.c.image_id, column.in_(self._image_ids))

    async def _rows(self, table: Table, image_ids: Sequence[str]) -> list[Row]:
        if not image_ids:
            return []
        found = await self._session.execute(select(table).where(table.c.image_id.in_(image_ids)))
        return [dict(row._mapping) for row in found]  # noqa: SLF001 - the public way to a row's columns


def _is_answered(target: Project) -> Any:
    """Whether the source's own model is the target's, so that its answer is the copy's as well."""
    same = and_(images.c.model == target.model, images.c.version == target.model_version)
    return case((and_(same, images.c.state == ImageState.ANALYSED), True), else_=False)


def _literal(column: Column[Any], value: Any) -> Any:
    """A value as a column of a SELECT."""
    if isinstance(value, ClauseElement):
        return value
    return null() if value is None else literal(value, column.type)
