"""Events that auth still has to be told, in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit.audit.event import AuditEvent
from loupe_project.adapters.sql.tables import audit_outbox


class SqlAuditOutbox:
    """See `ports.audit.AuditOutbox`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, event: AuditEvent) -> None:
        """See the port."""
        await self._session.execute(
            insert(audit_outbox).values(id=event.id, event=event.to_bytes(), create_time=event.create_time)
        )

    async def oldest(self, limit: int) -> list[AuditEvent]:
        """See the port."""
        rows = await self._session.execute(select(audit_outbox.c.event).order_by(audit_outbox.c.id).limit(limit))
        return [AuditEvent.from_bytes(row.event) for row in rows]

    async def done(self, event_ids: Sequence[str]) -> None:
        """See the port."""
        await self._session.execute(delete(audit_outbox).where(audit_outbox.c.id.in_(event_ids)))
