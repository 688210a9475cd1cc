"""Answers of models in SQL: fenced by attempt, so that a report counts once however often it comes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Double, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql import tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.heads import promise_answers
from loupe_project.adapters.sql.placements import promise_places
from loupe_project.adapters.sql.tables import (
    analysis_jobs,
    image_features,
    images,
    prediction_boxes,
    predictions,
    projects,
)
from loupe_project.domain import auto_tags
from loupe_project.domain.image import ImageState, Origin
from loupe_project.domain.job import Result
from loupe_project.domain.text import fold
from loupe_project.ports.store import StoreConflict

_RESULT_PREFIXES = ("model:", "task:", "label:")
_LABEL_LIMIT = 200
_LOOKS: dict[str, Any] = {
    # What is known already stays where a server of an older release says nothing.
    name: func.coalesce(bindparam(f"looks_{name}", type_=Double), images.c[name])
    for name in ("brightness", "contrast", "sharpness")
}


class SqlResultRepository:
    """See `ports.store.ResultRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def store(self, results: Sequence[Result], now: datetime) -> int:
        """Write results of jobs that still wait for this attempt, and end the jobs; how many there were."""
        count = 0
        for some in chunks(results):
            count += await self._store(some, now)
        return count

    async def _store(self, results: Sequence[Result], now: datetime) -> int:
        awaited = await self._awaited(results)
        if not awaited:
            return 0
        await self._end_jobs(awaited)
        answered = [one for one in awaited.values() if one.output is not None]
        await self._write_predictions(answered, now)
        await self._write_features(awaited.values())
        models = await self._active_models({one.project_id for one in awaited.values()})
        counting = [one for one in awaited.values() if models.get(one.project_id) == (one.model, one.version)]
        headed = await promise_answers(self._session, list(awaited.values()))
        await promise_places(self._session, list(awaited.values()))
        await self._write_states(counting, now, headed)
        await self._write_tags([one for one in counting if one.output is not None], now)
        return len(awaited)

    async def _awaited(self, results: Sequence[Result]) -> dict[str, Result]:
        """The results that a job waits for, by job id."""
        given = {(one.image_id, one.model, one.attempt): one for one in results}
        rows = await self._session.execute(
            select(
                analysis_jobs.c.id,
                analysis_jobs.c.image_id,
                analysis_jobs.c.model,
                analysis_jobs.c.attempt,
                analysis_jobs.c.project_id,
            )
            .where(analysis_jobs.c.image_id.in_([one.image_id for one in results]))
            .order_by(analysis_jobs.c.image_id)
        )
        awaited = {}
        for job_id, image_id, model, attempt, project_id in rows:
            result = given.get((image_id, model, attempt))
            if result is not None and result.project_id == project_id:
                awaited[job_id] = result
        return awaited

    async def _end_jobs(self, awaited: Mapping[str, Result]) -> None:
        """Take the jobs away, one by one and all in the same order: that is the fence between two reports.

        Locking them when they are read would make MariaDB lock what lies between as well.
        """
        ended = await self._session.execute(
            delete(analysis_jobs).where(
                analysis_jobs.c.id == bindparam("job"), analysis_jobs.c.attempt == bindparam("tried")
            ),
            [{"job": job_id, "tried": result.attempt} for job_id, result in awaited.items()],
        )
        if ended.rowcount != len(awaited):  # type: ignore[attr-defined] # a Result of a DELETE has it
            raise StoreConflict("Some of these results were reported twice at once; report them again.")

    async def _active_models(self, project_ids: set[str]) -> dict[str, tuple[str, str]]:
        rows = await self._session.execute(
            select(projects.c.id, projects.c.model, projects.c.model_version).where(
                projects.c.id.in_(sorted(project_ids))
            )
        )
        return {row.id: (row.model, row.model_version) for row in rows}

    async def _write_predictions(self, answered: Sequence[Result], now: datetime) -> None:
        if not answered:
            return
        await self._forget_older(answered)
        rows = [_prediction_row(one, now) for one in answered]
        await self._session.execute(insert(predictions), rows)
        boxes = [box for row, one in zip(rows, answered, strict=True) for box in _box_rows(row["id"], one)]
        if boxes:
            await self._session.execute(insert(prediction_boxes), boxes)

    async def _forget_older(self, answered: Sequence[Result]) -> None:
        """Of one version of a model only the last answer is kept."""
        rows = await self._session.execute(
            select(predictions.c.id, predictions.c.image_id, predictions.c.model, predictions.c.version).where(
                predictions.c.image_id.in_([one.image_id for one in answered])
            )
        )
        new = {(one.image_id, one.model, one.version) for one in answered}
        older = [row[0] for row in rows if tuple(row[1:]) in new]
        if older:
            await self._session.execute(delete(predictions).where(predictions.c.id.in_(older)))

    async def _write_features(self, results: Any) -> None:
        rows = [
            {
                "image_id": one.image_id,
                "model": one.model,
                "version": one.version,
                "project_id": one.project_id,
                "dimension": one.feature_dimension,
            }
            for one in results
            if one.feature_dimension > 0
        ]
        if rows:
            await self._session.execute(tag_links.insert_new(self._session, image_features), rows)

    async def _write_states(self, counting: Sequence[Result], now: datetime, headed: set[str]) -> None:
        """Of the project's own model: its answer beside the image, where search looks.

        Where a head's answers are the verdicts, they stay there until the head has seen the image again.
        """
        by_head = [one.image_id for one in counting if one.output is not None and one.project_id in headed]
        if by_head:
            await self._session.execute(
                update(images)
                .where(images.c.id.in_(by_head))
                .values(state=ImageState.ANALYSED, failure=None, update_time=now)
            )
        await self._write_appearances([one for one in counting if one.project_id in headed])
        answered = [one for one in counting if one.output is not None and one.project_id not in headed]
        failed = [one for one in counting if one.output is None]
        if answered:
            await self._session.execute(
                update(images)
                .where(images.c.id == bindparam("image"))
                .values(
                    state=ImageState.ANALYSED,
                    failure=None,
                    model=bindparam("by_model"),
                    version=bindparam("by_version"),
                    label=bindparam("said"),
                    label_folded=bindparam("said_folded"),
                    confidence=bindparam("sure"),
                    **_LOOKS,
                    update_time=now,
                ),
                [
                    {
                        "image": one.image_id,
                        "by_model": one.model,
                        "by_version": one.version,
                        "said": one.label,
                        "said_folded": None if one.label is None else fold(one.label, _LABEL_LIMIT),
                        "sure": one.confidence,
                        **_looks(one),
                    }
                    for one in answered
                ],
            )
        if failed:
            await self._session.execute(
                update(images)
                .where(images.c.id == bindparam("image"))
                .values(state=ImageState.FAILED, failure=bindparam("why"), update_time=now),
                [{"image": one.image_id, "why": one.failure} for one in failed],
            )

    async def _write_appearances(self, results: Sequence[Result]) -> None:
        rows = [{"image": one.image_id, **_looks(one)} for one in results if one.appearance is not None]
        if rows:
            await self._session.execute(update(images).where(images.c.id == bindparam("image")).values(**_LOOKS), rows)

    async def _write_tags(self, answered: Sequence[Result], now: datetime) -> None:
        by_project: dict[str, list[Result]] = {}
        for one in answered:
            by_project.setdefault(one.project_id, []).append(one)
        for project_id, some in by_project.items():
            wanted = {one.image_id: auto_tags.of_result(one.model, one.task, one.label) for one in some}
            again = {one.image_id for one in some if one.attempt > 1}
            await self._write_first_tags(project_id, {i: t for i, t in wanted.items() if i not in again}, now)
            if again:
                await tag_links.replace_auto_tags(
                    self._session, project_id, {i: wanted[i] for i in sorted(again)}, _RESULT_PREFIXES, now
                )

    async def _write_first_tags(self, project_id: str, wanted: Mapping[str, list[str]], now: datetime) -> None:
        """Tags of images that had no result before: nothing to look for, nothing to take off."""
        tag_of = await tag_links.ensure_tags(
            self._session, project_id, {text for texts in wanted.values() for text in texts}, Origin.AUTO, "", now
        )
        rows = [
            tag_links.link(image_id, tag_of[fold(text, tag_links.NAME_LIMIT)], Origin.AUTO, "", now)
            for image_id, texts in wanted.items()
            for text in texts
        ]
        await tag_links.write_links(self._session, rows)


def _looks(result: Result) -> dict[str, float | None]:
    looks = result.appearance
    return {
        "looks_brightness": None if looks is None else looks.brightness,
        "looks_contrast": None if looks is None else looks.contrast,
        "looks_sharpness": None if looks is None else looks.sharpness,
    }


def _prediction_row(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "image_id": result.image_id,
        "project_id": result.project_id,
        "model": result.model,
        "version": result.version,
        "label": result.label,
        "label_folded": None if result.label is None else fold(result.label, _LABEL_LIMIT),
        "confidence": result.confidence,
        "output": result.output,
        "create_time": now,
    }


def _box_rows(prediction_id: str, result: Result) -> list[dict[str, Any]]:
    return [
        {
            "prediction_id": prediction_id,
            "number": number,
            "image_id": result.image_id,
            "project_id": result.project_id,
            "label": box.label,
            "label_folded": fold(box.label, _LABEL_LIMIT),
            "confidence": box.confidence,
            "x": box.x,
            "y": box.y,
            "width": box.width,
            "height": box.height,
            "area": box.width * box.height,
        }
        for number, box in enumerate(result.boxes)
    ]
