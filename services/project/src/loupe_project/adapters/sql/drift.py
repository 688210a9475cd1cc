"""What drift is measured from, in SQL."""

from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import images, outlier_scores
from loupe_project.domain.curation import CurationRun
from loupe_project.domain.drift import Judged
from loupe_project.domain.scope import Scope


class SqlDriftFacts:
    """See the port `DriftFacts`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def judged(self, scope: Scope, run: CurationRun, zone: ZoneInfo) -> list[Judged]:
        """See the port."""
        seen = await sight(self._session, scope, run.project_id)
        columns = images.c
        statement = (
            select(
                columns.id,
                outlier_scores.c.score,
                func.coalesce(columns.capture_time, columns.upload_time, type_=columns.upload_time.type).label("time"),
                columns.confidence,
                columns.label_folded,
                columns.truth_folded,
            )
            .join(outlier_scores, outlier_scores.c.image_id == columns.id)
            .where(outlier_scores.c.run_id == run.id, seen.images())
            .order_by(columns.id)
        )
        return [
            Judged(
                image_id=row.id,
                score=row.score,
                day=row.time.astimezone(zone).date().isoformat(),
                confidence=row.confidence,
                is_right=None if None in (row.label_folded, row.truth_folded) else row.label_folded == row.truth_folded,
            )
            for row in await self._session.execute(statement)
        ]
