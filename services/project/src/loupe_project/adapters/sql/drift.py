"""What drift is measured from, in SQL."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import images, outlier_scores
from loupe_project.domain.curation import CurationRun
from loupe_project.domain.drift import Judged
from loupe_project.domain.scope import Scope
from loupe_project.domain.traits import Trait

_FACTS = (
    images.c.id,
    func.coalesce(images.c.capture_time, images.c.upload_time, type_=images.c.upload_time.type).label("time"),
    images.c.confidence,
    images.c.label_folded,
    images.c.truth_folded,
    *(images.c[trait.value] for trait in Trait),
)


class SqlDriftFacts:
    """See the port `DriftFacts`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def judged(self, scope: Scope, run: CurationRun, zone: ZoneInfo) -> list[Judged]:
        """See the port."""
        seen = await sight(self._session, scope, run.project_id)
        statement = (
            select(*_FACTS, outlier_scores.c.score)
            .join(outlier_scores, outlier_scores.c.image_id == images.c.id)
            .where(outlier_scores.c.run_id == run.id, seen.images())
            .order_by(images.c.id)
        )
        return [_judged(row, row.score, zone) for row in await self._session.execute(statement)]

    async def facts(self, scope: Scope, project_id: str, image_ids: Sequence[str], zone: ZoneInfo) -> list[Judged]:
        """See the port."""
        seen = await sight(self._session, scope, project_id)
        found = []
        for some in chunks(image_ids):
            statement = select(*_FACTS).where(images.c.project_id == project_id, images.c.id.in_(some), seen.images())
            found += [_judged(row, 0.0, zone) for row in await self._session.execute(statement)]
        return found


def _judged(row: Any, score: float, zone: ZoneInfo) -> Judged:
    return Judged(
        image_id=row.id,
        score=score,
        day=row.time.astimezone(zone).date().isoformat(),
        confidence=row.confidence,
        is_right=None if None in (row.label_folded, row.truth_folded) else row.label_folded == row.truth_folded,
        traits={trait: float(value) for trait in Trait if (value := getattr(row, trait.value)) is not None},
    )
