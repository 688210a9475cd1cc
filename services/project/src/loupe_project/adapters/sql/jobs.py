"""Promised analyses, and what still has to be removed elsewhere, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql import leaving
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import (
    analysis_jobs,
    heads,
    images,
    predictions,
    projects,
    removals,
    shared_objects,
)
from loupe_project.domain import keys
from loupe_project.domain.image import ImageState
from loupe_project.domain.job import Job, ModelChoice, Removal
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
        own = ModelChoice(project.model, project.model_version)
        await self._replace_jobs(project.id, own, rows, asked)
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

    async def order_other(
        self, project_id: str, choice: ModelChoice, image_ids: Sequence[str], asked: datetime
    ) -> None:
        """Ask for the analysis of images by another model than the project's; what is known of the images stays."""
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(images.c.id, images.c.attempt, images.c.size_bytes, images.c.object_key).where(
                    images.c.id.in_(some),
                    images.c.project_id == project_id,
                    ~_since(analysis_jobs, choice, asked),
                    ~_since(predictions, choice, asked),
                )
            )
            lacking = rows.all()
            if not lacking:
                continue
            await self._replace_jobs(project_id, choice, lacking, asked)
            # The number is the image's, so that no two jobs of one image ever have the same.
            await self._session.execute(
                update(images).where(images.c.id.in_([row.id for row in lacking])).values(attempt=images.c.attempt + 1)
            )

    async def _replace_jobs(self, project_id: str, choice: ModelChoice, rows: Sequence[Any], asked: datetime) -> None:
        """New jobs in place of those that wait for the same version."""
        await self._session.execute(
            delete(analysis_jobs).where(
                analysis_jobs.c.image_id.in_([row.id for row in rows]), *_is(analysis_jobs, choice)
            )
        )
        await self._session.execute(
            insert(analysis_jobs),
            [
                {
                    "id": ids.new_id(),
                    "image_id": row.id,
                    "project_id": project_id,
                    "model": choice.model,
                    "version": choice.version,
                    "attempt": row.attempt + 1,
                    "size_bytes": row.size_bytes,
                    "object_key": row.object_key,
                    "published_time": None,
                    "create_time": asked,
                }
                for row in rows
            ],
        )

    async def change_model(self, project: Project, before: ModelChoice, now: datetime) -> None:
        """The project has another model or version: its answers count, what waits for the one before waits for it."""
        of_before = (analysis_jobs.c.project_id == project.id, *_is(analysis_jobs, before))
        await self._drop_doubles(project, of_before)
        waiting = exists(select(analysis_jobs.c.id).where(analysis_jobs.c.image_id == images.c.id, *of_before))
        await self._session.execute(
            update(images)
            .where(images.c.project_id == project.id, waiting)
            .values(attempt=images.c.attempt + 1, order_time=now)
        )
        await self._session.execute(
            update(analysis_jobs)
            .where(*of_before)
            .values(
                model=project.model,
                version=project.model_version,
                attempt=analysis_jobs.c.attempt + 1,
                published_time=None,
            )
        )
        await self._follow_model(project, now)

    async def _drop_doubles(self, project: Project, of_before: tuple[ColumnElement[bool], ...]) -> None:
        """An image that waits for the new model already, because somebody asked, need not wait twice."""
        other = analysis_jobs.alias()
        after = ModelChoice(project.model, project.model_version)
        doubles = await self._session.scalars(
            select(analysis_jobs.c.id).where(
                *of_before,
                exists(select(other.c.id).where(other.c.image_id == analysis_jobs.c.image_id, *_is(other, after))),
            )
        )
        for some in chunks(doubles.all()):
            await self._session.execute(delete(analysis_jobs).where(analysis_jobs.c.id.in_(some)))

    async def _follow_model(self, project: Project, now: datetime) -> None:
        """Make the columns of the project's own model in `images` say what that model said, in a head's stead too."""
        await self._session.execute(
            update(heads).where(heads.c.project_id == project.id, heads.c.is_verdict).values(is_verdict=False)
        )

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
        """Ids of the models that jobs wait for: one step in the index for each, however many jobs there are."""
        found: list[str] = []
        while True:
            following = select(func.min(analysis_jobs.c.model)).where(analysis_jobs.c.model > (found or [""])[-1])
            model: str | None = await self._session.scalar(following)
            if model is None:
                return found
            found.append(model)

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

    async def states_of_other(
        self, project_id: str, choice: ModelChoice, image_ids: Sequence[str], asked: datetime
    ) -> dict[str, ImageState]:
        """How far `order_other` has come with each of the images that is still there."""
        states: dict[str, ImageState] = {}
        waits = exists(
            select(analysis_jobs.c.id).where(analysis_jobs.c.image_id == images.c.id, *_is(analysis_jobs, choice))
        )
        answered = _since(predictions, choice, asked)
        state = case((waits, ImageState.PENDING), (answered, ImageState.ANALYSED), else_=ImageState.FAILED)
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(images.c.id, state).where(images.c.id.in_(some), images.c.project_id == project_id)
            )
            states.update((image_id, ImageState(value)) for image_id, value in rows)
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
        return [Removal(row.id, row.project_id, row.image_id, row.object_key) for row in rows]

    async def add_gone(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        """See the port."""
        count = 0
        for some in chunks(image_ids):
            here = set(await self._session.scalars(select(images.c.id).where(images.c.id.in_(some))))
            gone = [(one, None) for one in some if one not in here]
            if gone:
                await leaving.put_on_list(self._session, project_id, gone, now)
            count += len(gone)
        return count

    async def needed(self, object_keys: Sequence[str]) -> set[str]:
        """Those of the keys under which bytes of an image lie, deleted but not purged ones included."""
        found: set[str] = set()
        for some in chunks(object_keys):
            copies = select(shared_objects.c.object_key).where(shared_objects.c.object_key.in_(some))
            found.update(await self._session.scalars(copies))
            owners = [keys.origin(key)[1] for key in some]
            first = select(images.c.object_key).where(images.c.id.in_(owners), images.c.object_key.in_(some))
            found.update(await self._session.scalars(first))
        return found

    async def shared_with_others(self, project_id: str) -> set[str]:
        """Keys of a project that is gone under which bytes of other projects' images lie."""
        prefix = keys.project_prefix(project_id)
        below = shared_objects.c.object_key.between(prefix, prefix + "~")
        return set(await self._session.scalars(select(shared_objects.c.object_key).where(below)))

    async def done(self, removal_ids: Sequence[str]) -> None:
        """These are gone."""
        for some in chunks(removal_ids):
            await self._session.execute(delete(removals).where(removals.c.id.in_(some)))


def _is(table: FromClause, choice: ModelChoice) -> tuple[ColumnElement[bool], ...]:
    """Rows of jobs or predictions that are of one version."""
    return table.c.model == choice.model, table.c.version == choice.version


def _since(table: FromClause, choice: ModelChoice, asked: datetime) -> ColumnElement[bool]:
    """Whether an image has a row of one version that is not older than a moment."""
    return exists(
        select(table.c.id).where(table.c.image_id == images.c.id, table.c.create_time >= asked, *_is(table, choice))
    )


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
