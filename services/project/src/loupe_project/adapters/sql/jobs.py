"""Promised analyses, and what still has to be removed elsewhere, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import analysis_jobs, images, predictions, projects, removals
from loupe_project.domain.image import ImageState
from loupe_project.domain.job import Job, Removal
from loupe_project.domain.project import Project


class SqlJobRepository:
    """See `ports.store.JobRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def order(self, project: Project, image_ids: Sequence[str], asked: datetime) -> int:
        """Ask for the analysis of images by the project's model; how many there are."""
        count = 0
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(
                    images.c.id, images.c.attempt, images.c.size_bytes, images.c.object_key, images.c.order_time
                ).where(images.c.id.in_(some), images.c.project_id == project.id)
            )
            here = rows.all()
            count += len(here)
            await self._order_anew(project, [row for row in here if row.order_time < asked], asked)
        return count

    async def _order_anew(self, project: Project, rows: Sequence[Any], asked: datetime) -> None:
        if not rows:
            return
        image_ids = [row.id for row in rows]
        await self._session.execute(delete(analysis_jobs).where(analysis_jobs.c.image_id.in_(image_ids)))
        await self._session.execute(
            update(images)
            .where(images.c.id.in_(image_ids))
            .values(
                attempt=images.c.attempt + 1,
                order_time=asked,
                update_time=asked,
                state=ImageState.PENDING,
                failure=None,
            )
        )
        await self._session.execute(
            insert(analysis_jobs),
            [
                {
                    "id": ids.new_id(),
                    "image_id": row.id,
                    "project_id": project.id,
                    "model": project.model,
                    "version": project.model_version,
                    "attempt": row.attempt + 1,
                    "size_bytes": row.size_bytes,
                    "object_key": row.object_key,
                    "published_time": None,
                    "create_time": asked,
                }
                for row in rows
            ],
        )

    async def change_model(self, project: Project, now: datetime) -> None:
        """The project has another model: its answers count, and what still waits, waits for it."""
        waiting = exists(select(analysis_jobs.c.id).where(analysis_jobs.c.image_id == images.c.id))
        await self._session.execute(
            update(images)
            .where(images.c.project_id == project.id, waiting)
            .values(attempt=images.c.attempt + 1, order_time=now)
        )
        await self._session.execute(
            update(analysis_jobs)
            .where(analysis_jobs.c.project_id == project.id)
            .values(
                model=project.model,
                version=project.model_version,
                attempt=analysis_jobs.c.attempt + 1,
                published_time=None,
            )
        )
        await self._follow_model(project, now)

    async def _follow_model(self, project: Project, now: datetime) -> None:
        """Make the columns of the project's own model in `images` say what that model said."""

        def newest(column: Any) -> Any:
            return (
                select(column)
                .where(predictions.c.image_id == images.c.id, predictions.c.model == project.model)
                .order_by(predictions.c.create_time.desc(), predictions.c.id.desc())
                .limit(1)
                .correlate(images)
                .scalar_subquery()
            )

        answered = newest(predictions.c.version)
        await self._session.execute(
            update(images)
            .where(images.c.project_id == project.id)
            .values(
                state=case((answered.is_not(None), ImageState.ANALYSED), else_=ImageState.PENDING),
                failure=None,
                model=newest(predictions.c.model),
                version=answered,
                label=newest(predictions.c.label),
                label_folded=newest(predictions.c.label_folded),
                confidence=newest(predictions.c.confidence),
                update_time=now,
            )
        )

    async def models(self) -> list[str]:
        """Ids of the models that jobs can wait for: those of the projects."""
        rows = await self._session.scalars(select(projects.c.model).distinct().order_by(projects.c.model))
        return list(rows)

    async def use_of(self, model: str, version: str) -> tuple[int, int]:
        """Projects whose images a version analyses, and images that wait for it."""
        of_projects = select(func.count()).where(projects.c.model == model, projects.c.model_version == version)
        of_jobs = select(func.count()).where(analysis_jobs.c.model == model, analysis_jobs.c.version == version)
        return (
            (await self._session.execute(of_projects.select_from(projects))).scalar_one(),
            (await self._session.execute(of_jobs.select_from(analysis_jobs))).scalar_one(),
        )

    async def has_unpublished(self, model: str, published_before: datetime) -> bool:
        """Whether `take_unpublished` would find any."""
        for query in _waiting(model, published_before):
            if (await self._session.execute(query.limit(1))).first() is not None:
                return True
        return False

    async def take_unpublished(self, model: str, limit: int, now: datetime, published_before: datetime) -> list[Job]:
        """The oldest jobs that wait for the queue; they count as published now."""
        jobs: list[Job] = []
        for query in _waiting(model, published_before):
            rest = limit - len(jobs)
            if rest > 0:
                found = await self._session.execute(query.limit(rest).with_for_update(skip_locked=True))
                jobs += [_job(row) for row in found]
        await self._set_published([one.id for one in jobs], now)
        return jobs

    async def unpublish(self, job_ids: Sequence[str]) -> None:
        """Publishing went wrong: these wait again."""
        await self._set_published(job_ids, None)

    async def unpublish_all(self) -> None:
        """The queue forgot everything: all jobs wait again."""
        await self._session.execute(
            update(analysis_jobs).where(analysis_jobs.c.published_time.is_not(None)).values(published_time=None)
        )

    async def states(self, project_id: str, image_ids: Sequence[str]) -> dict[str, ImageState]:
        """State of each of the images that is still there."""
        states: dict[str, ImageState] = {}
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(images.c.id, images.c.state).where(images.c.id.in_(some), images.c.project_id == project_id)
            )
            states.update((image_id, ImageState(state)) for image_id, state in rows)
        return states

    async def _set_published(self, job_ids: Sequence[str], time: datetime | None) -> None:
        for some in chunks(job_ids):
            await self._session.execute(
                update(analysis_jobs).where(analysis_jobs.c.id.in_(some)).values(published_time=time)
            )


class SqlRemovalRepository:
    """See `ports.store.RemovalRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def oldest(self, limit: int) -> list[Removal]:
        """What to remove next."""
        rows = await self._session.execute(select(removals).order_by(removals.c.id).limit(limit))
        return [Removal(row.id, row.project_id, row.image_id) for row in rows]

    async def done(self, removal_ids: Sequence[str]) -> None:
        """These are gone."""
        for some in chunks(removal_ids):
            await self._session.execute(delete(removals).where(removals.c.id.in_(some)))


def _waiting(model: str, published_before: datetime) -> tuple[Select[Any], Select[Any]]:
    """Jobs that were never published, then those whose time ran out; apart, so that each follows the index."""
    jobs = select(analysis_jobs).where(analysis_jobs.c.model == model)
    return (
        jobs.where(analysis_jobs.c.published_time.is_(None)).order_by(analysis_jobs.c.id),
        jobs.where(analysis_jobs.c.published_time < published_before).order_by(
            analysis_jobs.c.published_time, analysis_jobs.c.id
        ),
    )


def _job(row: Any) -> Job:
    return Job(
        id=row.id,
        image_id=row.image_id,
        project_id=row.project_id,
        model=row.model,
        version=row.version,
        attempt=row.attempt,
        size_bytes=row.size_bytes,
        object_key=row.object_key,
    )
