"""Selections and curation runs in SQL."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, false, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import selections as selectors
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.curation_findings import FindingsRepository
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import curation_runs, image_tags, images, selection_picks, selections, tags
from loupe_project.domain.analysis import UPLOADED, source_name
from loupe_project.domain.curation import (
    CurationRun,
    CurationState,
    Pick,
    RunFacts,
    RunKind,
    Selection,
    SelectionFacts,
    Strategy,
)
from loupe_project.domain.image import FeatureSource, Origin
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.domain.selection import Selection as Images


class SqlCurationRepository(FindingsRepository):
    """See the port `CurationRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._session = session

    async def add_selection(self, selection: Selection) -> None:
        """See the port."""
        fixed = _fixed(selection) | {"count": selection.count, "balance_by": selection.balance_by}
        await self._session.execute(insert(selections).values(fixed | _changing_selection(selection)))

    async def get_selection(self, scope: Scope, project_id: str, selection_id: str) -> Selection | None:
        """See the port."""
        found = await self._selections(scope, project_id, selections.c.id == selection_id, limit=1)
        return found[0] if found else None

    async def list_selections(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Selection]:
        """See the port."""
        older = selections.c.id < before if before else selections.c.id.is_not(None)
        return await self._selections(scope, project_id, older, limit=limit)

    async def save_selection(self, selection: Selection) -> bool:
        """See the port."""
        statement = update(selections).where(selections.c.id == selection.id).values(_changing_selection(selection))
        return bool(getattr(await self._session.execute(statement), "rowcount", 0))

    async def delete_selection(self, selection_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(selections).where(selections.c.id == selection_id))

    async def put_picks(self, selection_id: str, picks: Sequence[Pick]) -> None:
        """See the port."""
        await self._session.execute(delete(selection_picks).where(selection_picks.c.selection_id == selection_id))
        for some in chunks(picks):
            rows = [
                {
                    "selection_id": selection_id,
                    "rank": one.rank,
                    "image_id": one.image_id,
                    "represented_count": one.represented_count,
                    "margin": one.margin,
                    "reason": one.reason,
                }
                for one in some
            ]
            await self._session.execute(insert(selection_picks), rows)

    async def picks(self, scope: Scope, selection: Selection, *, after: int, limit: int) -> list[Pick]:
        """See the port."""
        seen = await sight(self._session, scope, selection.project_id)
        statement = (
            select(selection_picks, images.c.file_name, images.c.sha256)
            .join(images, images.c.id == selection_picks.c.image_id)
            .where(selection_picks.c.selection_id == selection.id, selection_picks.c.rank > after, seen.images())
            .order_by(selection_picks.c.rank)
            .limit(limit)
        )
        rows = await self._session.execute(statement)
        return [
            Pick(row.image_id, row.rank, row.represented_count, row.margin, row.reason, row.file_name, row.sha256)
            for row in rows
        ]

    async def pick_ids(self, scope: Scope, selection: Selection) -> list[str]:
        """See the port."""
        seen = await sight(self._session, scope, selection.project_id)
        column = selection_picks.c.image_id
        statement = select(column).where(selection_picks.c.selection_id == selection.id, seen.images(column))
        return list(await self._session.scalars(statement.order_by(selection_picks.c.rank)))

    async def add_run(self, run: CurationRun) -> None:
        """See the port."""
        reference = None if run.reference is None else selectors.to_bytes(run.reference)
        fixed = _fixed(run) | {"kind": run.kind, "reference": reference}
        await self._session.execute(insert(curation_runs).values(fixed | _changing_run(run)))

    async def get_run(self, scope: Scope, project_id: str, run_id: str) -> CurationRun | None:
        """See the port."""
        found = await self._runs(scope, project_id, curation_runs.c.id == run_id, limit=1)
        return found[0] if found else None

    async def list_runs(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[CurationRun]:
        """See the port."""
        older = curation_runs.c.id < before if before else curation_runs.c.id.is_not(None)
        return await self._runs(scope, project_id, older, limit=limit)

    async def save_run(self, run: CurationRun) -> bool:
        """See the port."""
        statement = update(curation_runs).where(curation_runs.c.id == run.id).values(_changing_run(run))
        return bool(getattr(await self._session.execute(statement), "rowcount", 0))

    async def delete_run(self, run_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(curation_runs).where(curation_runs.c.id == run_id))

    async def user_tags(self, project_id: str, image_ids: Sequence[str]) -> dict[str, str]:
        """See the port."""
        found: dict[str, list[str]] = {}
        for some in chunks(image_ids):
            statement = (
                select(image_tags.c.image_id, tags.c.name_folded)
                .join(tags, tags.c.id == image_tags.c.tag_id)
                .where(
                    image_tags.c.image_id.in_(some), tags.c.project_id == project_id, image_tags.c.origin == Origin.USER
                )
                .order_by(image_tags.c.image_id, tags.c.name_folded)
            )
            for row in await self._session.execute(statement):
                found.setdefault(row.image_id, []).append(row.name_folded)
        return {image_id: "\n".join(names) for image_id, names in found.items()}

    async def _selections(
        self, scope: Scope, project_id: str, which: ColumnElement[bool], limit: int
    ) -> list[Selection]:
        seen = await sight(self._session, scope, project_id)
        column = selection_picks.c.image_id
        visible_picks = (
            select(func.count())
            .where(selection_picks.c.selection_id == selections.c.id, seen.images(column))
            .scalar_subquery()
        )
        statement = (
            select(selections, selections.c.count.label("wanted_count"), visible_picks.label("pick_count"))
            .where(selections.c.project_id == project_id, which, seen.made(selections.c.creator))
            .order_by(selections.c.id.desc())
            .limit(limit)
        )
        return [
            _selection(row, tells_counts=seen.sees_all or row.creator == scope.principal)
            for row in await self._session.execute(statement)
        ]

    async def _runs(self, scope: Scope, project_id: str, which: ColumnElement[bool], limit: int) -> list[CurationRun]:
        seen = await sight(self._session, scope, project_id)
        guest = seen.role in (None, ProjectRole.GUEST) and not scope.everything
        inside = false() if guest else curation_runs.c.project_id == project_id
        statement = select(curation_runs).where(and_(inside, which)).order_by(curation_runs.c.id.desc()).limit(limit)
        return [_run(row, tells_counts=seen.sees_all) for row in await self._session.execute(statement)]


def _fixed(one: Selection | CurationRun) -> dict[str, Any]:
    return {
        "id": one.id,
        "project_id": one.project_id,
        "selector": selectors.to_bytes(one.images),
        "feature_source": source_name(one.source),
        "feature_version": one.source.version,
        "seed": one.seed,
        "creator": one.creator,
        "operation_id": one.operation_id,
        "create_time": one.create_time,
    }


def _changing_selection(selection: Selection) -> dict[str, Any]:
    facts = selection.facts
    return {
        "display_name": selection.display_name,
        "strategy": selection.strategy,
        "state": selection.state,
        "failure": selection.failure or None,
        "candidate_count": facts.candidate_count,
        "skipped_count": facts.skipped_count,
        "labelled_count": facts.labelled_count,
        "coverage": facts.coverage,
        "candidates_sha256": facts.candidates_sha256 or None,
        "compute_seconds": facts.compute_seconds,
        "update_time": selection.update_time,
    }


def _changing_run(run: CurationRun) -> dict[str, Any]:
    facts = run.facts
    return {
        "state": run.state,
        "failure": run.failure or None,
        "image_count": facts.image_count,
        "skipped_count": facts.skipped_count,
        "group_count": facts.group_count,
        "duplicate_count": facts.duplicate_count,
        "median_distance": facts.median_distance,
        "neighbors": facts.neighbors,
        "threshold": facts.threshold,
        "compute_seconds": facts.compute_seconds,
        "update_time": run.update_time,
    }


def _source(row: Row[Any]) -> FeatureSource:
    kind, _, name = row.feature_source.partition("/")
    return FeatureSource(name if kind == "models" else UPLOADED, row.feature_version)


def _images(row: Row[Any], *, tells_ids: bool) -> Images:
    return _of_bytes(row.selector, tells_ids=tells_ids)


def _of_bytes(data: bytes, *, tells_ids: bool) -> Images:
    images = selectors.from_bytes(data)
    return images if tells_ids or images.ids is None else replace(images, ids=())


def _selection(row: Row[Any], *, tells_counts: bool) -> Selection:
    """From a row; what might tell of images that are hidden from the caller only if `tells_counts`."""
    facts = SelectionFacts(
        candidate_count=row.candidate_count if tells_counts else 0,
        skipped_count=row.skipped_count if tells_counts else 0,
        labelled_count=row.labelled_count if tells_counts else 0,
        coverage=row.coverage,
        candidates_sha256=row.candidates_sha256 or "",
        compute_seconds=row.compute_seconds,
    )
    return Selection(
        id=row.id,
        project_id=row.project_id,
        display_name=row.display_name,
        images=_images(row, tells_ids=tells_counts),
        count=row.wanted_count,
        strategy=Strategy(row.strategy),
        source=_source(row),
        seed=row.seed,
        balance_by=row.balance_by,
        creator=row.creator,
        operation_id=row.operation_id,
        create_time=row.create_time,
        update_time=row.update_time,
        state=CurationState(row.state),
        failure=row.failure or b"",
        facts=facts,
        pick_count=row.pick_count,
    )


def _run(row: Row[Any], *, tells_counts: bool) -> CurationRun:
    facts = RunFacts(
        row.image_count, row.skipped_count, row.group_count, row.duplicate_count, row.median_distance, row.neighbors,
        row.threshold, row.compute_seconds,
    )  # fmt: skip
    if not tells_counts:
        facts = replace(facts, image_count=0, skipped_count=0, group_count=0, duplicate_count=0)
    return CurationRun(
        id=row.id,
        project_id=row.project_id,
        kind=RunKind(row.kind),
        images=_images(row, tells_ids=tells_counts),
        reference=None if row.reference is None else _of_bytes(row.reference, tells_ids=tells_counts),
        source=_source(row),
        seed=row.seed,
        creator=row.creator,
        operation_id=row.operation_id,
        create_time=row.create_time,
        update_time=row.update_time,
        state=CurationState(row.state),
        failure=row.failure or b"",
        facts=facts,
    )
