"""Predictions beside labels in SQL. Verdicts are counted by the database; boxes come in pieces."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, Subquery, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit.errors import ResourceExhausted
from loupe_project.adapters.sql import image_rows
from loupe_project.adapters.sql.evaluation_boxes import SqlBoxReader
from loupe_project.adapters.sql.model_answers import answers_of
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.search_facets import written
from loupe_project.adapters.sql.tables import image_metadata, images, labels, prediction_boxes
from loupe_project.adapters.sql.verdict_conditions import true_defect, verified
from loupe_project.domain.evaluation import Asked, Cell, FoundBox, ModelAnswer
from loupe_project.domain.image import Box, Label
from loupe_project.domain.query.tree import Field, Kind, Node
from loupe_project.domain.rates import VerdictCounts
from loupe_project.domain.scope import Scope

MAX_VALUES = 200_000
"""Most values of a field that are counted."""

_MINUTE_CHARS = 16
"""Of a time as text: both databases begin it with "2026-11-22 09:30"."""


class SqlEvaluationRepository:
    """See `ports.evaluation.EvaluationRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def verdicts(self, scope: Scope, project_id: str, node: Node, asked: Asked) -> VerdictCounts:
        """See the port."""
        flags = await self._flags(scope, project_id, node, asked)
        found = await self._counted(flags, flags, [])
        return found.get((), VerdictCounts())

    async def verdicts_by(
        self, scope: Scope, project_id: str, node: Node, asked: Asked, field: Field, limit: int
    ) -> list[tuple[str, VerdictCounts]]:
        """See the port."""
        flags = await self._flags(scope, project_id, node, asked)
        if field.kind is Kind.METADATA:
            by_value = await self._by_metadata(flags, field.key)
        else:
            by_model = await self._counted(flags, flags, [flags.c.model, flags.c.version])
            by_value = {f"{model}@{version}" if model else "": counts for (model, version), counts in by_model.items()}
        return sorted(by_value.items(), key=lambda one: (-one[1].images, one[0]))[:limit]

    async def verdicts_by_minute(
        self, scope: Scope, project_id: str, node: Node, asked: Asked
    ) -> list[tuple[datetime, VerdictCounts]]:
        """See the port."""
        time = func.coalesce(images.c.capture_time, images.c.upload_time)
        minute = func.substr(cast(time, String(26)), 1, _MINUTE_CHARS).label("minute")
        flags = await self._flags(scope, project_id, node, asked, minute)
        found = await self._counted(flags, flags, [flags.c.minute])
        return [(datetime.fromisoformat(text).replace(tzinfo=UTC), counts) for (text,), counts in found.items()]

    async def _by_metadata(self, flags: Subquery, key: str) -> dict[str, VerdictCounts]:
        value = image_metadata.c
        source = flags.outerjoin(image_metadata, and_(value.image_id == flags.c.image_id, value.key == key))
        shown = func.max(value.text_value)
        found = await self._counted(flags, source, [value.text_folded, value.number_value], shown)
        return {
            "" if folded is None else written(text, number): counts for (folded, number, text), counts in found.items()
        }

    async def _counted(
        self, flags: Subquery, source: FromClause, keys: Sequence[ColumnElement[Any]], *more: ColumnElement[Any]
    ) -> dict[tuple[Any, ...], VerdictCounts]:
        """Counts by the values of keys, which stand for `more` as well.

        The database tells apart what is known of an image, at most sixteen ways; what they mean is summed up here, so
        that each condition is looked at once for an image and not once for each sum.
        """
        marks = [flags.c.verified, flags.c.answered, flags.c.bad, flags.c.ng]
        statement = select(func.count().label("hits"), *marks, *keys, *more).select_from(source).group_by(*marks, *keys)
        found: dict[tuple[Any, ...], VerdictCounts] = {}
        shown: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        rows = await self._session.stream(statement)
        async for hits, verified_, answered, bad, ng, *values in rows:
            key = tuple(values[: len(keys)])
            shown[key] = max(shown.get(key, ()), tuple(values[len(keys) :]), key=_text_order)
            found[key] = found.get(key, VerdictCounts()) + _meaning(hits, verified_, answered, bad, ng)
            if len(found) > MAX_VALUES:
                raise ResourceExhausted(
                    f"The field has more than {MAX_VALUES:,} values; group by a coarser one.", limit=str(MAX_VALUES)
                )
        return {key + shown[key]: counts for key, counts in found.items()}

    async def class_pairs(self, scope: Scope, project_id: str, node: Node, asked: Asked) -> Mapping[Cell, int]:
        """See the port."""
        answers = answers_of(project_id, asked)
        statement = (
            select(
                images.c.truth_folded,
                answers.label_folded.label("called_folded"),
                func.max(images.c.truth).label("truth"),
                func.max(answers.label).label("called"),
                func.count().label("hits"),
            )
            .select_from(answers.source)
            .where(
                *await self._matching(scope, project_id, node),
                images.c.truth_folded.is_not(None),
                answers.is_classifier,
            )
            .group_by(images.c.truth_folded, answers.label_folded)
        )
        rows = (await self._session.execute(statement)).all()
        # A class has one name, however it is spelt here and there.
        names: dict[str, str] = {}
        for row in rows:
            names[row.truth_folded] = max(names.get(row.truth_folded, ""), row.truth)
            names[row.called_folded] = max(names.get(row.called_folded, ""), row.called)
        return {(names[row.truth_folded], names[row.called_folded]): int(row.hits) for row in rows}

    async def boxes(self, scope: Scope, project_id: str, node: Node, asked: Asked) -> SqlBoxReader | None:
        """See the port."""
        answers = answers_of(project_id, asked)
        statement = (
            select(images.c.id, answers.prediction_id)
            .select_from(answers.source)
            .where(*await self._matching(scope, project_id, node), verified(project_id), answers.is_detector)
        )
        reader = SqlBoxReader(self._session, asked)
        return reader if await reader.find(statement, project_id) else None

    async def answer(self, project_id: str, image_id: str, asked: Asked) -> ModelAnswer | None:
        """See the port."""
        answers = answers_of(project_id, asked)
        statement = (
            select(answers.prediction_id, answers.model, answers.version, answers.label)
            .add_columns(answers.time.label("time"), answers.is_detector.label("is_detector"))
            .select_from(answers.source)
            .where(images.c.id == image_id, images.c.project_id == project_id, answers.exists)
        )
        row = (await self._session.execute(statement)).first()
        if row is None:
            return None
        return ModelAnswer(
            row.model, row.version, row.label, bool(row.is_detector), row.time, await self._boxes_of(row.id, asked)
        )

    async def labels(self, image_id: str) -> list[Label]:
        """See the port."""
        rows = await self._session.execute(select(labels).where(labels.c.image_id == image_id).order_by(labels.c.id))
        return [image_rows.label_of(row) for row in rows]

    async def _boxes_of(self, prediction_id: str, asked: Asked) -> tuple[FoundBox, ...]:
        table = prediction_boxes.c
        rows = await self._session.execute(
            select(prediction_boxes)
            .where(table.prediction_id == prediction_id, table.confidence >= asked.min_confidence)
            .order_by(table.confidence.desc(), table.number)
        )
        return tuple(FoundBox(row.label, row.confidence, Box(row.x, row.y, row.width, row.height)) for row in rows)

    async def _matching(self, scope: Scope, project_id: str, node: Node) -> list[ColumnElement[bool]]:
        seen = await sight(self._session, scope, project_id)
        return [seen.rows(), condition(node, project_id, seen)]

    async def _flags(
        self, scope: Scope, project_id: str, node: Node, asked: Asked, *more: ColumnElement[Any]
    ) -> Subquery:
        """One row for each image: whether it is verified, and answered, and what label and prediction make of it."""
        answers = answers_of(project_id, asked)
        return (
            select(
                images.c.id.label("image_id"),
                answers.model.label("model"),
                answers.version.label("version"),
                _flag(verified(project_id)).label("verified"),
                _flag(answers.exists).label("answered"),
                _flag(true_defect(project_id)).label("bad"),
                _flag(answers.is_defect).label("ng"),
                *more,
            )
            # What the project's model said stands in the image's row: no join is needed for it.
            .select_from(images if asked.is_searchable else answers.source)
            .where(*await self._matching(scope, project_id, node))
            .subquery("flags")
        )


def _flag(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return case((holds, 1), else_=0)


def _meaning(hits: int, verified_: int, answered: int, bad: int, ng: int) -> VerdictCounts:
    known = hits if verified_ and answered else 0
    return VerdictCounts(
        images=hits,
        verified=hits if verified_ else 0,
        known=known,
        true_ok=known if not bad and not ng else 0,
        true_ng=known if bad and ng else 0,
        overkills=known if ng and not bad else 0,
        escapes=known if bad and not ng else 0,
    )


def _text_order(values: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in values)
