"""Measuring a model by labels: verdicts, classes and boxes, over all images of a query and by the values of fields."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import evaluation
from loupe_project.domain import query as queries
from loupe_project.domain.evaluation import (
    MAX_GROUPS,
    Asked,
    BoxTally,
    Evaluation,
    Group,
    GroupedVerdicts,
    Measurement,
)
from loupe_project.domain.query import fields
from loupe_project.domain.query.tree import Field, Kind, Node
from loupe_project.domain.rates import VerdictCounts
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access

MAX_FIELDS = 10
_TIMES = ("day", "week", "month")
_PLAIN_NAME = re.compile(r"[\w.\-]+")


async def evaluate_model(
    store: Store, scope: Scope, project_id: str, query: str, asked: Asked, group_by: Sequence[str], now: datetime
) -> Evaluation:
    """Measure a model on the labelled images that match and that the caller may see.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which project.
        query: Which images.
        asked: Which model, and how boxes are counted.
        group_by: Names of fields, or of spans of time.
        now: What relative times in the query are counted from.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
        InvalidArgument: If a field cannot be grouped by.
        ResourceExhausted: If boxes of more than a million images would have to be measured.
    """
    project = await access.viewer(store, scope, project_id)
    wanted = _checked(group_by)
    node = queries.read(query, queries.Context(now=now, zone=ZoneInfo(project.time_zone)))
    minutes: list[tuple[datetime, VerdictCounts]] = []
    if any(field is None for field in wanted.values()):
        # All spans of time, and the whole, are sums of minutes: one look at the images is enough for them.
        minutes = await store.evaluation.verdicts_by_minute(scope, project_id, node, asked)
        verdicts = sum((counts for _, counts in minutes), VerdictCounts())
    else:
        verdicts = await store.evaluation.verdicts(scope, project_id, node, asked)
    groups = []
    for name, field in wanted.items():
        if field is None:
            groups.append(_by_time(minutes, name, ZoneInfo(project.time_zone), query))
        else:
            found = await store.evaluation.verdicts_by(scope, project_id, node, asked, field, MAX_GROUPS + 1)
            groups.append(_by_value(found, name, field, query))
    return Evaluation(
        verdicts=verdicts,
        classes=evaluation.of_pairs(await store.evaluation.class_pairs(scope, project_id, node, asked)),
        boxes=await _boxes(store, scope, project_id, node, asked),
        groups=tuple(groups),
    )


def within(query: str, *terms: str) -> str:
    """The query that asks for images of another one which also meet some terms."""
    return " ".join(part for part in (f"({query})" if query.strip() else "", *terms) if part)


def _checked(names: Sequence[str]) -> dict[str, Field | None]:
    """Fields by the names they were asked for by; None for spans of time."""
    if len(names) > MAX_FIELDS:
        raise InvalidArgument(
            f"Group by at most {MAX_FIELDS} fields, not {len(names)}.",
            fields=[FieldViolation("group_by", f"must name at most {MAX_FIELDS}")],
        )
    found: dict[str, Field | None] = {}
    for name in names:
        field = None if name in _TIMES else fields.find(name)
        if name not in _TIMES and (field is None or field.kind not in (Kind.METADATA, Kind.MODEL)):
            raise InvalidArgument(
                f"{name[:50]!r} cannot be grouped by; name line, camera, model, day, week, month or meta.<key>.",
                fields=[FieldViolation("group_by", "must be a metadata key, model, day, week or month")],
            )
        found[name] = field
    return found


async def _boxes(store: Store, scope: Scope, project_id: str, node: Node, asked: Asked) -> Measurement | None:
    reader = await store.evaluation.boxes(scope, project_id, node, asked)
    if reader is None:
        return None
    tally = BoxTally(asked.min_iou)
    async for piece in reader.pieces():
        # Numpy over a hundred thousand boxes: other calls go on meanwhile.
        await asyncio.to_thread(tally.add, piece)
    return await asyncio.to_thread(tally.result, reader.names)


def _by_value(found: Sequence[tuple[str, VerdictCounts]], name: str, field: Field, query: str) -> GroupedVerdicts:
    groups = [Group(value, counts, within(query, _term(field, value))) for value, counts in found[:MAX_GROUPS]]
    return GroupedVerdicts(name, tuple(groups), len(found) > MAX_GROUPS)


def _term(field: Field, value: str) -> str:
    name = field.name if _PLAIN_NAME.fullmatch(field.name) else f'meta."{field.key}"'
    return f"{name}:{value}" if value else f"-has:{name}"


def _by_time(
    minutes: Sequence[tuple[datetime, VerdictCounts]], span: str, zone: ZoneInfo, query: str
) -> GroupedVerdicts:
    """Spans of time in which there are images, in their order; the latest where there are too many."""
    found: dict[date, VerdictCounts] = {}
    for minute, counts in minutes:
        start = _start(minute.astimezone(zone).date(), span)
        found[start] = found.get(start, VerdictCounts()) + counts
    groups = [
        Group(f"{start:%Y-%m}" if span == "month" else start.isoformat(), found[start], within(query, _at(start, span)))
        for start in sorted(found)
    ]
    return GroupedVerdicts(span, tuple(groups[-MAX_GROUPS:]), len(groups) > MAX_GROUPS)


def _start(day: date, span: str) -> date:
    if span == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if span == "month" else day


def _at(start: date, span: str) -> str:
    """Term for images of a span: by when they were taken, or uploaded where that is not known."""
    days = {"day": 1, "week": 7, "month": 31}[span]
    end = _start(start + timedelta(days=days), span)
    both = [f"{field}>={start} {field}<{end}" for field in ("at", "uploaded")]
    return f"(({both[0]}) OR (-has:at {both[1]}))"
