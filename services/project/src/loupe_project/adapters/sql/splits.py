"""Splits in SQL."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import selections as selectors
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import Sight, sight
from loupe_project.adapters.sql.tables import curation_runs, duplicates, images, split_images, splits
from loupe_project.domain.curation import CurationState, Duplicate, RunKind
from loupe_project.domain.scope import Scope
from loupe_project.domain.split import Part, Split, SplitCandidate, SplitFacts, SplitImage


class SqlSplitRepository:
    """See the port `SplitRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, split: Split) -> None:
        """See the port."""
        await self._session.execute(insert(splits).values(_fixed(split) | _changing(split)))

    async def get(self, scope: Scope, project_id: str, split_id: str) -> Split | None:
        """See the port."""
        found = await self._splits(scope, project_id, splits.c.id == split_id, limit=1)
        return found[0] if found else None

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Split]:
        """See the port."""
        older = splits.c.id < before if before else splits.c.id.is_not(None)
        return await self._splits(scope, project_id, older, limit=limit)

    async def save(self, split: Split) -> bool:
        """See the port."""
        done = await self._session.execute(update(splits).where(splits.c.id == split.id).values(_changing(split)))
        return bool(getattr(done, "rowcount", 0))

    async def delete(self, split_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(splits).where(splits.c.id == split_id))

    async def put_images(self, split_id: str, placed: Sequence[SplitImage]) -> None:
        """See the port."""
        await self._session.execute(delete(split_images).where(split_images.c.split_id == split_id))
        for some in chunks(placed):
            rows = [
                {
                    "split_id": split_id,
                    "number": one.number,
                    "image_id": one.image_id,
                    "part": one.part,
                    "stratum": one.stratum,
                    "reason": one.reason,
                }
                for one in some
            ]
            await self._session.execute(insert(split_images), rows)

    async def images(
        self, scope: Scope, split: Split, *, part: Part | None, after: int, limit: int
    ) -> list[SplitImage]:
        """See the port."""
        seen = await sight(self._session, scope, split.project_id)
        statement = (
            select(split_images, images.c.file_name, images.c.sha256)
            .join(images, images.c.id == split_images.c.image_id)
            .where(split_images.c.split_id == split.id, split_images.c.number > after, seen.images())
            .order_by(split_images.c.number)
            .limit(limit)
        )
        if part is not None:
            statement = statement.where(split_images.c.part == part)
        return [
            SplitImage(row.number, row.image_id, Part(row.part), row.stratum, row.reason, row.file_name, row.sha256)
            for row in await self._session.execute(statement)
        ]

    async def parts(self, scope: Scope, split: Split) -> dict[str, Part]:
        """See the port."""
        seen = await sight(self._session, scope, split.project_id)
        column = split_images.c.image_id
        statement = (
            select(column, split_images.c.part)
            .where(split_images.c.split_id == split.id, seen.images(column))
            .order_by(split_images.c.number)
        )
        return {row.image_id: Part(row.part) for row in await self._session.execute(statement)}

    async def candidates(self, scope: Scope, project_id: str, image_ids: Sequence[str]) -> list[SplitCandidate]:
        """See the port."""
        seen = await sight(self._session, scope, project_id)
        found: dict[str, SplitCandidate] = {}
        for some in chunks(image_ids):
            statement = select(images.c.id, images.c.sha256).where(
                images.c.project_id == project_id, images.c.id.in_(some), seen.images()
            )
            found |= {row.id: SplitCandidate(row.id, row.sha256) for row in await self._session.execute(statement)}
        return [found[one] for one in image_ids if one in found]

    async def duplicate_run(self, project_id: str) -> str:
        """See the port."""
        statement = select(curation_runs.c.id).where(
            curation_runs.c.project_id == project_id,
            curation_runs.c.kind == RunKind.DUPLICATES,
            curation_runs.c.state == CurationState.SUCCEEDED,
        )
        found = await self._session.scalar(statement.order_by(curation_runs.c.id.desc()).limit(1))
        return str(found or "")

    async def duplicates(self, scope: Scope, project_id: str) -> list[Duplicate]:
        """See the port."""
        seen = await sight(self._session, scope, project_id)
        table = duplicates.c
        statement = (
            select(duplicates)
            .where(table.project_id == project_id, seen.images(table.image_id), seen.images(table.keeper_id))
            .order_by(table.keeper_id, table.is_exact.desc(), table.difference, table.image_id)
        )
        return [
            Duplicate(row.image_id, row.keeper_id, row.is_exact, row.difference)
            for row in await self._session.execute(statement)
        ]

    async def _splits(self, scope: Scope, project_id: str, which: ColumnElement[bool], limit: int) -> list[Split]:
        seen = await sight(self._session, scope, project_id)
        statement = (
            select(splits)
            .where(splits.c.project_id == project_id, which, seen.made(splits.c.creator))
            .order_by(splits.c.id.desc())
            .limit(limit)
        )
        rows = (await self._session.execute(statement)).all()
        counts = await self._counts(seen, [row.id for row in rows])
        return [
            replace(
                _split(row, tells_counts=seen.sees_all or row.creator == scope.principal), counts=counts.get(row.id, {})
            )
            for row in rows
        ]

    async def _counts(self, seen: Sight, split_ids: Sequence[str]) -> dict[str, dict[Part, int]]:
        column = split_images.c
        statement = (
            select(column.split_id, column.part, func.count().label("images"))
            .where(column.split_id.in_(split_ids), seen.images(column.image_id))
            .group_by(column.split_id, column.part)
        )
        found: dict[str, dict[Part, int]] = {}
        for row in await self._session.execute(statement):
            found.setdefault(row.split_id, {})[Part(row.part)] = row.images
        return found


def _fixed(split: Split) -> dict[str, Any]:
    return {
        "id": split.id,
        "project_id": split.project_id,
        "selector": None if split.images is None else selectors.to_bytes(split.images),
        "selection_id": split.selection_id or None,
        **{f"{part.value}_fraction": split.fractions[part] for part in Part},
        "stratify_by": split.stratify_by,
        "group_by": split.group_by,
        "seed": split.seed,
        "creator": split.creator,
        "operation_id": split.operation_id,
        "create_time": split.create_time,
    }


def _changing(split: Split) -> dict[str, Any]:
    facts = split.facts
    return {
        "display_name": split.display_name,
        "state": split.state,
        "failure": split.failure or None,
        "group_count": facts.group_count,
        "duplicate_run_id": facts.duplicate_run_id or None,
        "unsearched_count": facts.unsearched_count,
        "sha256": facts.sha256 or None,
        "update_time": split.update_time,
    }


def _split(row: Row[Any], *, tells_counts: bool) -> Split:
    """From a row; what might tell of images that are hidden from the caller only if `tells_counts`."""
    given = None if row.selector is None else selectors.from_bytes(row.selector)
    if given is not None and given.ids is not None and not tells_counts:
        given = replace(given, ids=())
    facts = SplitFacts(
        group_count=row.group_count if tells_counts else 0,
        duplicate_run_id=row.duplicate_run_id or "",
        unsearched_count=row.unsearched_count if tells_counts else 0,
        sha256=row.sha256 or "",
    )
    return Split(
        id=row.id,
        project_id=row.project_id,
        display_name=row.display_name,
        images=given,
        selection_id=row.selection_id or "",
        fractions={Part.TRAIN: row.train_fraction, Part.VAL: row.val_fraction, Part.TEST: row.test_fraction},
        stratify_by=row.stratify_by,
        group_by=row.group_by,
        seed=row.seed,
        creator=row.creator,
        operation_id=row.operation_id,
        create_time=row.create_time,
        update_time=row.update_time,
        state=CurationState(row.state),
        failure=row.failure or b"",
        facts=facts,
    )
