"""Heads in SQL, and the images that wait for their answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql import selections as selectors
from loupe_project.adapters.sql import tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import head_tasks, heads, image_features, images, predictions, projects
from loupe_project.domain.analysis import UPLOADED, source_name
from loupe_project.domain.head import Head, HeadAnswer, HeadFigures, HeadKind, HeadState
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.job import Result
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold

_LABEL_LIMIT = 200


class SqlHeadRepository:
    """See the port `HeadRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, head: Head) -> None:
        """See the port."""
        fixed = {
            "id": head.id,
            "project_id": head.project_id,
            "head_name": head.head_name,
            "version": head.version,
            "selector": selectors.to_bytes(head.images),
            "feature_source": source_name(head.source),
            "feature_version": head.source.version,
            "seed": head.seed,
            "in_use": False,
            "is_verdict": False,
            "creator": head.creator,
            "operation_id": head.operation_id,
            "create_time": head.create_time,
        }
        await self._session.execute(insert(heads).values(fixed | _changing(head)))

    async def get(self, scope: Scope, project_id: str, head_id: str) -> Head | None:
        """See the port."""
        found = await self._visible(scope, project_id, heads.c.id == head_id, limit=1)
        return found[0] if found else None

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Head]:
        """See the port."""
        older = heads.c.id < before if before else heads.c.id.is_not(None)
        return await self._visible(scope, project_id, older, limit=limit)

    async def newest(self, project_id: str, head_name: str) -> Head | None:
        """See the port."""
        statement = select(heads).where(heads.c.project_id == project_id, heads.c.head_name == head_name)
        row = (await self._session.execute(statement.order_by(heads.c.version.desc()).limit(1))).first()
        return None if row is None else _head(row)

    async def save(self, head: Head) -> bool:
        """See the port."""
        statement = update(heads).where(heads.c.id == head.id).values(_changing(head))
        return bool(getattr(await self._session.execute(statement), "rowcount", 0))

    async def delete(self, head: Head, now: datetime) -> None:
        """See the port."""
        await self._session.execute(delete(heads).where(heads.c.id == head.id))
        await self._session.execute(delete(predictions).where(*_answers_of(head)))
        if head.is_verdict:
            await self.follow_verdicts(head.project_id, now)

    async def use(self, head: Head, *, as_verdict: bool) -> None:
        """See the port."""
        of_project = heads.c.project_id == head.project_id
        is_it = heads.c.id == head.id
        await self._session.execute(
            update(heads).where(of_project, heads.c.head_name == head.head_name).values(in_use=is_it, is_verdict=False)
        )
        if as_verdict:
            await self._session.execute(update(heads).where(of_project).values(is_verdict=is_it))

    async def follow_verdicts(self, project_id: str, now: datetime) -> None:
        """See the port."""
        verdict = (
            await self._session.execute(select(heads).where(heads.c.project_id == project_id, heads.c.is_verdict))
        ).first()
        if verdict is not None:
            head = _head(verdict)
            said = and_(predictions.c.model == head.model, predictions.c.version == str(head.version))
        else:
            own = select(projects.c.model).where(projects.c.id == project_id)
            said = predictions.c.model == await self._session.scalar(own)

        def answer(column: Any) -> Any:
            newest = select(column).where(predictions.c.image_id == images.c.id, said)
            newest = newest.order_by(predictions.c.create_time.desc(), predictions.c.id.desc()).limit(1)
            return newest.correlate(images).scalar_subquery()

        await self._session.execute(
            update(images)
            .where(images.c.project_id == project_id)
            .values(
                model=answer(predictions.c.model),
                version=answer(predictions.c.version),
                label=answer(predictions.c.label),
                label_folded=answer(predictions.c.label_folded),
                confidence=answer(predictions.c.confidence),
                update_time=now,
            )
        )

    async def lacking(self, head: Head, *, after: str, limit: int) -> list[str]:
        """See the port."""
        said = exists(
            select(predictions.c.id).where(
                predictions.c.image_id == image_features.c.image_id,
                predictions.c.model == head.model,
                predictions.c.version == str(head.version),
            )
        )
        statement = (
            select(image_features.c.image_id)
            .where(
                image_features.c.project_id == head.project_id,
                image_features.c.model == head.source.model,
                image_features.c.version == head.source.version,
                image_features.c.image_id > after,
                ~said,
            )
            .order_by(image_features.c.image_id)
            .limit(limit)
        )
        return list(await self._session.scalars(statement))

    async def put_answers(self, head: Head, answers: Sequence[HeadAnswer], now: datetime) -> None:
        """See the port."""
        for some in chunks(answers):
            here = set(
                await self._session.scalars(select(images.c.id).where(images.c.id.in_([one.image_id for one in some])))
            )
            rows = [_prediction(head, one, now) for one in some if one.image_id in here]
            if rows:
                await self._session.execute(
                    delete(predictions).where(*_answers_of(head), predictions.c.image_id.in_(sorted(here)))
                )
                await self._session.execute(insert(predictions), rows)
                await self._write_verdicts(head, rows, now)

    async def _write_verdicts(self, head: Head, rows: Sequence[dict[str, Any]], now: datetime) -> None:
        """What the images say, if this version is the one whose answers are verdicts by now."""
        is_verdict = select(heads.c.id).where(heads.c.id == head.id, heads.c.is_verdict)
        if (await self._session.scalar(is_verdict)) is None:
            return
        columns = ("model", "version", "label", "label_folded", "confidence")
        by_image = {name: {row["image_id"]: row[name] for row in rows} for name in columns}
        await self._session.execute(
            update(images)
            .where(images.c.id.in_([row["image_id"] for row in rows]))
            .values({name: case(values, value=images.c.id) for name, values in by_image.items()} | {"update_time": now})
        )

    async def waiting(self, limit: int) -> tuple[Head, list[str]] | None:
        """See the port."""
        first = await self._session.scalar(select(head_tasks.c.head_id).limit(1))
        if first is None:
            return None
        row = (await self._session.execute(select(heads).where(heads.c.id == first))).one()
        waiting = select(head_tasks.c.image_id).where(head_tasks.c.head_id == first)
        return _head(row), list(await self._session.scalars(waiting.order_by(head_tasks.c.image_id).limit(limit)))

    async def answered(self, head: Head, image_ids: Sequence[str]) -> None:
        """See the port."""
        for some in chunks(image_ids):
            await self._session.execute(
                delete(head_tasks).where(head_tasks.c.head_id == head.id, head_tasks.c.image_id.in_(some))
            )

    async def _visible(self, scope: Scope, project_id: str, which: ColumnElement[bool], limit: int) -> list[Head]:
        seen = await sight(self._session, scope, project_id)
        if seen.role in (None, ProjectRole.GUEST) and not scope.everything:
            return []
        statement = select(heads).where(heads.c.project_id == project_id, which).order_by(heads.c.id.desc())
        found = [_head(row) for row in await self._session.execute(statement.limit(limit))]
        return found if seen.sees_all else [_discreet(one) for one in found]


async def promise_answers(session: AsyncSession, results: Sequence[Result]) -> set[str]:
    """Let heads in use answer for images whose features have come.

    Args:
        session: Open transaction.
        results: Of images that are there.

    Returns:
        Ids of the projects whose verdicts are a head's.
    """
    rows = (
        await session.execute(
            select(heads).where(heads.c.project_id.in_(sorted({one.project_id for one in results})), heads.c.in_use)
        )
    ).all()
    tasks = [
        {"head_id": head.id, "image_id": one.image_id}
        for head in map(_head, rows)
        for one in results
        if one.feature_dimension > 0
        and one.project_id == head.project_id
        and FeatureSource(one.model, one.version) == head.source
    ]
    if tasks:
        await session.execute(tag_links.insert_new(session, head_tasks), tasks)
    return {row.project_id for row in rows if row.is_verdict}


def _answers_of(head: Head) -> tuple[ColumnElement[bool], ...]:
    return (
        predictions.c.project_id == head.project_id,
        predictions.c.model == head.model,
        predictions.c.version == str(head.version),
    )


def _prediction(head: Head, answer: HeadAnswer, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.new_id(),
        "image_id": answer.image_id,
        "project_id": head.project_id,
        "model": head.model,
        "version": str(head.version),
        "label": answer.label,
        "label_folded": fold(answer.label, _LABEL_LIMIT),
        "confidence": answer.confidence,
        "output": answer.output,
        "create_time": now,
    }


def _changing(head: Head) -> dict[str, Any]:
    lesson = None
    if head.figures is not None:
        told = {"classes": head.classes, "figures": asdict(head.figures)}
        lesson = json.dumps(told, ensure_ascii=False).encode()
    return {
        "state": head.state,
        "failure": head.failure or None,
        "lesson": lesson,
        "object_key": head.object_key or None,
        "update_time": head.update_time,
    }


def _head(row: Row[Any]) -> Head:
    kind, _, name = row.feature_source.partition("/")
    lesson = json.loads(row.lesson) if row.lesson else None
    return Head(
        id=row.id,
        project_id=row.project_id,
        head_name=row.head_name,
        version=row.version,
        images=selectors.from_bytes(row.selector),
        source=FeatureSource(name if kind == "models" else UPLOADED, row.feature_version),
        seed=row.seed,
        creator=row.creator,
        operation_id=row.operation_id,
        create_time=row.create_time,
        update_time=row.update_time,
        state=HeadState(row.state),
        failure=row.failure or b"",
        in_use=row.in_use,
        is_verdict=row.is_verdict,
        classes=tuple(lesson["classes"]) if lesson else (),
        figures=_figures(lesson["figures"]) if lesson else None,
        object_key=row.object_key or "",
    )


def _figures(told: dict[str, Any]) -> HeadFigures:
    confusion = tuple(tuple(row) for row in told["confusion"])
    return HeadFigures(**told | {"kind": HeadKind(told["kind"]), "confusion": confusion})


def _discreet(head: Head) -> Head:
    """Without what might tell of images that are hidden from the caller."""
    some = head.images if head.images.ids is None else replace(head.images, ids=())
    figures = None if head.figures is None else replace(head.figures, confusion=(), skipped_count=0)
    return replace(head, images=some, figures=figures)
