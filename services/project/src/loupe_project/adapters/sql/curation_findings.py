"""What curation runs found, in SQL: scores of outliers, and duplicates."""

from collections.abc import Sequence

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import Sight, sight
from loupe_project.adapters.sql.tables import curation_runs, duplicates, images, outlier_scores
from loupe_project.domain.curation import CurationRun, CurationState, Duplicate, DuplicateGroup, Outlier, RunKind
from loupe_project.domain.scope import Scope

MEMBERS_SHOWN = 1_000
"""Members of a group that are listed with it."""


class FindingsRepository:
    """The part of the port `CurationRepository` that is about findings."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def supersede(self, project_id: str, kind: RunKind) -> None:
        """See the port."""
        table = outlier_scores if kind is RunKind.OUTLIERS else duplicates
        await self._session.execute(delete(table).where(table.c.project_id == project_id))
        there = and_(
            curation_runs.c.project_id == project_id,
            curation_runs.c.kind == kind,
            curation_runs.c.state == CurationState.SUCCEEDED,
        )
        await self._session.execute(update(curation_runs).where(there).values(state=CurationState.SUPERSEDED))

    async def put_outliers(self, run: CurationRun, outliers: Sequence[Outlier]) -> None:
        """See the port."""
        for some in chunks(outliers):
            rows = [
                {
                    "image_id": one.image_id,
                    "project_id": run.project_id,
                    "run_id": run.id,
                    "score": one.score,
                    "mean_distance": one.mean_distance,
                    "nearest_image_id": one.nearest_image_id,
                }
                for one in some
            ]
            await self._session.execute(insert(outlier_scores), rows)

    async def put_duplicates(self, run: CurationRun, found: Sequence[Duplicate]) -> None:
        """See the port."""
        for some in chunks(found):
            rows = [
                {
                    "image_id": one.image_id,
                    "project_id": run.project_id,
                    "run_id": run.id,
                    "keeper_id": one.keeper_id,
                    "is_exact": one.is_exact,
                    "difference": one.difference,
                }
                for one in some
            ]
            await self._session.execute(insert(duplicates), rows)

    async def outliers(
        self, scope: Scope, run: CurationRun, *, after: tuple[float, str] | None, limit: int
    ) -> list[Outlier]:
        """See the port."""
        seen = await sight(self._session, scope, run.project_id)
        table = outlier_scores.c
        statement = (
            select(outlier_scores, images.c.file_name)
            .join(images, images.c.id == table.image_id)
            .where(table.run_id == run.id, seen.images())
            .order_by(table.score.desc(), table.image_id.desc())
            .limit(limit)
        )
        if after is not None:
            score, image_id = after
            statement = statement.where(or_(table.score < score, and_(table.score == score, table.image_id < image_id)))
        rows = (await self._session.execute(statement)).all()
        nearest = await self._visible(seen, [row.nearest_image_id for row in rows])
        return [
            Outlier(
                image_id=row.image_id,
                score=row.score,
                mean_distance=row.mean_distance,
                nearest_image_id=row.nearest_image_id if row.nearest_image_id in nearest else "",
                file_name=row.file_name,
            )
            for row in rows
        ]

    async def duplicate_groups(
        self, scope: Scope, run: CurationRun, *, after: tuple[int, str] | None, limit: int
    ) -> list[DuplicateGroup]:
        """See the port."""
        seen = await sight(self._session, scope, run.project_id)
        table = duplicates.c
        count = func.count()
        statement = (
            select(table.keeper_id, images.c.file_name, count.label("members"))
            .join(images, images.c.id == table.keeper_id)
            .where(table.run_id == run.id, seen.images(table.image_id), seen.images(table.keeper_id))
            .group_by(table.keeper_id, images.c.file_name)
            .order_by(count.desc(), table.keeper_id)
            .limit(limit)
        )
        if after is not None:
            members, keeper = after
            statement = statement.having(or_(count < members, and_(count == members, table.keeper_id > keeper)))
        rows = (await self._session.execute(statement)).all()
        members_of = await self._members(seen, run, [row.keeper_id for row in rows])
        return [
            DuplicateGroup(row.keeper_id, row.file_name, row.members, members_of.get(row.keeper_id, ())) for row in rows
        ]

    async def _members(self, seen: Sight, run: CurationRun, keepers: Sequence[str]) -> dict[str, tuple[Duplicate, ...]]:
        table = duplicates.c
        by_likeness = (table.is_exact.desc(), table.difference, table.image_id)
        place = func.row_number().over(partition_by=table.keeper_id, order_by=by_likeness)
        ranked = (
            select(duplicates, images.c.file_name, place.label("place"))
            .join(images, images.c.id == table.image_id)
            .where(table.run_id == run.id, table.keeper_id.in_(keepers), seen.images())
            .subquery()
        )
        statement = select(ranked).where(ranked.c.place <= MEMBERS_SHOWN).order_by(ranked.c.keeper_id, ranked.c.place)
        found: dict[str, list[Duplicate]] = {}
        for row in await self._session.execute(statement):
            one = Duplicate(row.image_id, row.keeper_id, row.is_exact, row.difference, row.file_name)
            found.setdefault(row.keeper_id, []).append(one)
        return {keeper: tuple(members) for keeper, members in found.items()}

    async def _visible(self, seen: Sight, image_ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for some in chunks(sorted(set(image_ids))):
            rows = select(images.c.id).where(images.c.id.in_(some), seen.images())
            found.update(await self._session.scalars(rows))
        return found
