"""Analyses in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, false, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import many_images, point_values, selections
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import analyses, image_features
from loupe_project.domain.analysis import (
    Analysis,
    AnalysisState,
    AnalysisVisibility,
    MapQuality,
    Method,
    Recipe,
    source_name,
)
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.query.tree import Field
from loupe_project.domain.scope import Scope
from loupe_project.ports.analyses import PointValue


class SqlAnalysisRepository:
    """See the port `AnalysisRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, analysis: Analysis) -> None:
        """See the port."""
        await self._session.execute(insert(analyses).values(_fixed(analysis) | _changing(analysis)))

    async def get(self, scope: Scope, project_id: str, analysis_id: str) -> Analysis | None:
        """See the port."""
        visible = await self._visible(scope, project_id)
        row = (await self._session.execute(select(analyses).where(analyses.c.id == analysis_id, visible))).first()
        return None if row is None else from_row(row)

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Analysis]:
        """See the port."""
        visible = await self._visible(scope, project_id)
        statement = select(analyses).where(visible).order_by(analyses.c.id.desc()).limit(limit)
        if before:
            statement = statement.where(analyses.c.id < before)
        return [from_row(row) for row in await self._session.execute(statement)]

    async def save(self, analysis: Analysis) -> bool:
        """See the port."""
        done = await self._session.execute(
            update(analyses).where(analyses.c.id == analysis.id).values(_changing(analysis))
        )
        return bool(getattr(done, "rowcount", 0))

    async def delete(self, analysis_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(analyses).where(analyses.c.id == analysis_id))

    async def count_features(self, project_id: str, source: FeatureSource, image_ids: Sequence[str]) -> int:
        """See the port."""
        total = 0
        for some in chunks(image_ids, many_images.IDS_A_STATEMENT):
            statement = select(func.count()).where(
                image_features.c.project_id == project_id,
                image_features.c.model == source.model,
                image_features.c.version == source.version,
                image_features.c.image_id.in_(some),
            )
            total += int((await self._session.scalar(statement)) or 0)
        return total

    async def feature_versions(self, project_id: str, model: str) -> list[str]:
        """See the port."""
        hits = func.count()
        statement = (
            select(image_features.c.version)
            .where(image_features.c.project_id == project_id, image_features.c.model == model)
            .group_by(image_features.c.version)
            .order_by(hits.desc(), image_features.c.version.desc())
        )
        return list(await self._session.scalars(statement))

    async def point_values(
        self, scope: Scope, project_id: str, field: Field, image_ids: Sequence[str]
    ) -> dict[str, PointValue]:
        """See the port."""
        seen = (await sight(self._session, scope, project_id)).images()
        statement = point_values.statement(field).where(seen)
        rows = await many_images.rows_of(self._session, statement, project_id, image_ids)
        return point_values.most_common(rows) if field.name == "tag" else point_values.read(rows)

    async def _visible(self, scope: Scope, project_id: str) -> ColumnElement[bool]:
        """Maps that are shared with whoever views the project, and the caller's own."""
        role = (await sight(self._session, scope, project_id)).role
        if role is None:
            return false()
        inside = analyses.c.project_id == project_id
        if scope.everything:
            return inside
        mine = analyses.c.creator == scope.principal
        if role is ProjectRole.GUEST:
            return and_(inside, mine)
        return and_(inside, or_(mine, analyses.c.visibility == AnalysisVisibility.SHARED))


def _fixed(analysis: Analysis) -> dict[str, Any]:
    recipe = analysis.recipe
    return {
        "id": analysis.id,
        "project_id": analysis.project_id,
        "method": recipe.method,
        "dimensions": recipe.dimensions,
        "feature_source": source_name(analysis.source),
        "feature_version": analysis.source.version,
        "seed": recipe.seed,
        "neighbors": recipe.neighbors,
        "perplexity": recipe.perplexity,
        "selector": selections.to_bytes(analysis.selection),
        "creator": analysis.creator,
        "operation_id": analysis.operation_id,
        "create_time": analysis.create_time,
    }


def _changing(analysis: Analysis) -> dict[str, Any]:
    quality = analysis.quality
    return {
        "display_name": analysis.display_name,
        "visibility": analysis.visibility,
        "state": analysis.state,
        "failure": analysis.failure or None,
        "point_count": quality.point_count,
        "skipped_count": quality.skipped_count,
        "compute_seconds": quality.compute_seconds,
        "trustworthiness": quality.trustworthiness,
        "neighbor_preservation": quality.neighbor_preservation,
        "landmark_count": quality.landmark_count,
        "object_key": analysis.object_key or None,
        "reducer_key": analysis.reducer_key or None,
        "keeper": None if analysis.keeper is None else analysis.keeper.to_bytes(),
        "update_time": analysis.update_time,
    }


def from_row(row: Row[Any]) -> Analysis:
    """A row of `analyses`."""
    kind, _, name = row.feature_source.partition("/")
    model = name if kind == "models" else "uploaded"
    return Analysis(
        id=row.id,
        project_id=row.project_id,
        display_name=row.display_name,
        recipe=Recipe(Method(row.method), row.dimensions, row.seed, row.neighbors, row.perplexity),
        source=FeatureSource(model, row.feature_version),
        visibility=AnalysisVisibility(row.visibility),
        selection=selections.from_bytes(row.selector),
        creator=row.creator,
        operation_id=row.operation_id or "",
        create_time=row.create_time,
        update_time=row.update_time,
        state=AnalysisState(row.state),
        failure=row.failure or b"",
        quality=MapQuality(
            row.point_count,
            row.skipped_count,
            row.compute_seconds,
            row.trustworthiness,
            row.neighbor_preservation,
            row.landmark_count,
        ),
        object_key=row.object_key or "",
        reducer_key=row.reducer_key or "",
        placed_count=row.placed_count,
        keeper=Scope.from_bytes(row.keeper) if row.keeper else None,
    )
