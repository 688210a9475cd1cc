"""Copying images from project to project in SQL: rows are read, changed where the project shows, and written again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, case, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql import image_facts, tag_links
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import (
    analysis_jobs,
    image_features,
    image_metadata,
    image_tags,
    images,
    labels,
    narrowed_images,
    prediction_boxes,
    predictions,
    shared_objects,
    tags,
)
from loupe_project.domain import auto_tags
from loupe_project.domain.copying import CopyPlan
from loupe_project.domain.image import FeatureSource, ImageState, Origin
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold
from loupe_project.ports.store import StoreConflict

_UPLOADED = "uploaded"
_RESULT_PREFIXES = ("model:", "task:", "label:")
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
            select(images)
            .where(images.c.id.in_(list(plan.new)), images.c.project_id == project_id)
            .order_by(images.c.id)
            .with_for_update()
        )
        sources = [dict(row._mapping) for row in found]  # noqa: SLF001 - the public way to a row's columns
        copy_of = {one["id"]: plan.new[one["id"]] for one in sources}
        await self._write_images(target, plan, sources, creator, now)
        for table in (image_metadata, labels, narrowed_images):
            await self._copy_rows(table, target.id, copy_of)
        answered = {one: copy for one, copy in copy_of.items() if one in plan.answered}
        await self._copy_predictions(target, answered)
        await self._write_tags(target, sources, copy_of, answered, now)
        await self._write_features(target.id, features, copy_of)
        return list(copy_of)

    async def _write_images(
        self, target: Project, plan: CopyPlan, sources: Sequence[Row], creator: str, now: datetime
    ) -> None:
        arrived = {
            "project_id": target.id,
            "attempt": 1,
            "order_time": now,
            "upload_time": now,
            "update_time": now,
            "uploader": creator,
            "upload_batch_id": None,
        }
        rows = [
            {**one, **arrived, "id": plan.new[one["id"]], **({} if one["id"] in plan.answered else _UNANSWERED)}
            for one in sources
        ]
        pending = [plan.new[one["id"]] for one in sources if one["id"] not in plan.answered]
        jobs = [_job(target, row, now) for row in rows if row["id"] in set(pending)]
        shares = [{"image_id": row["id"], "project_id": target.id, "object_key": row["object_key"]} for row in rows]
        try:
            await self._insert(images, rows)
        except IntegrityError as error:
            raise StoreConflict("The same images arrived meanwhile; try again.") from error
        await self._insert(shared_objects, shares)
        await self._insert(analysis_jobs, jobs)

    async def _copy_rows(self, table: Table, target_id: str, copy_of: Mapping[str, str]) -> None:
        """Rows of a table that hang on images; those that have an id of their own get a new one."""
        renewed = {"id"} & set(table.c.keys())
        await self._insert(
            table,
            [
                {
                    **row,
                    "image_id": copy_of[row["image_id"]],
                    "project_id": target_id,
                    **{column: ids.new_id() for column in renewed},
                }
                for row in await self._rows(table, list(copy_of))
            ],
        )

    async def _copy_predictions(self, target: Project, copy_of: Mapping[str, str]) -> None:
        """The answers of the target's own model."""
        said = [
            row
            for row in await self._rows(predictions, list(copy_of))
            if (row["model"], row["version"]) == (target.model, target.model_version)
        ]
        new_of = {row["id"]: ids.new_id() for row in said}
        shared = {"project_id": target.id}
        await self._insert(
            predictions,
            [{**row, **shared, "id": new_of[row["id"]], "image_id": copy_of[row["image_id"]]} for row in said],
        )
        await self._insert(
            prediction_boxes,
            [
                {
                    **row,
                    **shared,
                    "prediction_id": new_of[row["prediction_id"]],
                    "image_id": copy_of[row["image_id"]],
                }
                for row in await self._rows(prediction_boxes, list(copy_of))
                if row["prediction_id"] in new_of
            ],
        )

    async def _write_tags(
        self,
        target: Project,
        sources: Sequence[Row],
        copy_of: Mapping[str, str],
        answered: Collection[str],
        now: datetime,
    ) -> None:
        """People's tags with who put them there; automatic ones as the copy itself has them."""
        metadata = await image_facts.metadata_of(self._session, list(copy_of))
        wanted = [
            (one["id"], text, Origin.AUTO, "", now)
            for one in sources
            for text in auto_tags.of_arrival(one["source"], now, one["capture_time"], metadata.get(one["id"], {}))
        ]
        for row in await self._tags(list(copy_of)):
            is_result = row.name_folded.startswith(_RESULT_PREFIXES) and row.image_id in answered
            if row.origin != Origin.AUTO or is_result:
                wanted.append((row.image_id, row.display_name, Origin(row.origin), row.creator, row.create_time))
        links: dict[tuple[str, str], Row] = {}
        for origin in (Origin.AUTO, Origin.USER):
            texts = {text for _, text, kind, _, _ in wanted if kind is origin}
            tag_of = await tag_links.ensure_tags(self._session, target.id, texts, origin, "", now)
            for image_id, text, kind, creator, time in wanted:
                if kind is origin:
                    tag_id = tag_of[fold(text, tag_links.NAME_LIMIT)]
                    row = tag_links.link(copy_of[image_id], tag_id, origin, creator, time)
                    links.setdefault((copy_of[image_id], tag_id), row)
        await tag_links.write_links(self._session, list(links.values()), fresh=True)

    async def _tags(self, image_ids: Sequence[str]) -> Sequence[Any]:
        found = await self._session.execute(
            select(
                image_tags.c.image_id,
                tags.c.display_name,
                tags.c.name_folded,
                image_tags.c.origin,
                image_tags.c.creator,
                image_tags.c.create_time,
            )
            .join(tags, tags.c.id == image_tags.c.tag_id)
            .where(image_tags.c.image_id.in_(image_ids))
        )
        return found.all()

    async def _write_features(
        self,
        target_id: str,
        features: Mapping[FeatureSource, Collection[str]],
        copy_of: Mapping[str, str],
    ) -> None:
        rows = await self._rows(image_features, list(copy_of))
        await self._insert(
            image_features,
            [
                {**row, "image_id": copy_of[row["image_id"]], "project_id": target_id}
                for row in rows
                if copy_of[row["image_id"]] in features.get(FeatureSource(row["model"], row["version"]), ())
            ],
        )

    async def _rows(self, table: Table, image_ids: Sequence[str]) -> list[Row]:
        if not image_ids:
            return []
        found = await self._session.execute(select(table).where(table.c.image_id.in_(image_ids)))
        return [dict(row._mapping) for row in found]  # noqa: SLF001 - the public way to a row's columns

    async def _insert(self, table: Table, rows: list[Row]) -> None:
        if rows:
            await self._session.execute(insert(table), rows)


def _is_answered(target: Project) -> Any:
    """Whether the source's own model is the target's, so that its answer is the copy's as well."""
    same = and_(images.c.model == target.model, images.c.version == target.model_version)
    return case((and_(same, images.c.state == ImageState.ANALYSED), True), else_=False)


def _job(target: Project, row: Row, now: datetime) -> Row:
    return {
        "id": ids.new_id(),
        "image_id": row["id"],
        "project_id": target.id,
        "model": target.model,
        "version": target.model_version,
        "attempt": 1,
        "size_bytes": row["size_bytes"],
        "object_key": row["object_key"],
        "published_time": None,
        "create_time": now,
    }
