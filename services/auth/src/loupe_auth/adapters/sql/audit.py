"""The audit in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_auth.adapters.sql import statements
from loupe_auth.adapters.sql.tables import AuditEventRow
from loupe_auth.domain.audit import AuditEvent, AuditQuery, CallInfo, Outcome
from loupe_auth.ports import TimeKey


class SqlAuditRepository:
    """The port AuditRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, event: AuditEvent) -> None:
        """Adds an event."""
        await self._session.execute(insert(AuditEventRow).values(**_values(event)))

    async def add_new(self, events: Sequence[AuditEvent]) -> int:
        """Adds those whose id is unknown; returns how many these were."""
        query = select(AuditEventRow.id).where(AuditEventRow.id.in_([event.id for event in events]))
        known = set((await self._session.scalars(query)).all())
        fresh = {event.id: event for event in reversed(events) if event.id not in known}
        added = 0
        for event in fresh.values():
            # One by one: the same batch may be on its way to another replica at this moment.
            added += await statements.insert_unless_taken(self._session, AuditEventRow, _values(event))
        return added

    async def list_newest_first(self, query: AuditQuery, *, after: TimeKey | None, limit: int) -> Sequence[AuditEvent]:
        """Returns matching events, newest first."""
        statement = select(AuditEventRow).where(*_conditions(query))
        if after is not None:
            statement = statement.where(tuple_(AuditEventRow.create_time, AuditEventRow.id) < after)
        statement = statement.order_by(AuditEventRow.create_time.desc(), AuditEventRow.id.desc()).limit(limit)
        return [_event(row) for row in (await self._session.scalars(statement)).all()]


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.start_time is not None:
        conditions.append(AuditEventRow.create_time >= query.start_time)
    if query.end_time is not None:
        conditions.append(AuditEventRow.create_time < query.end_time)
    if query.actor:
        conditions.append(AuditEventRow.actor == query.actor)
    if query.client_address:
        conditions.append(AuditEventRow.client_address == query.client_address)
    if query.target:
        conditions.append(AuditEventRow.target == query.target)
    if query.outcome is not None:
        conditions.append(AuditEventRow.outcome == query.outcome.value)
    if query.action.endswith("*"):
        conditions.append(AuditEventRow.action.startswith(query.action[:-1], autoescape=True))
    elif query.action:
        conditions.append(AuditEventRow.action == query.action)
    return conditions


def _event(row: AuditEventRow) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        create_time=row.create_time,
        action=row.action,
        outcome=Outcome(row.outcome),
        actor=row.actor,
        actor_display_name=row.actor_display_name,
        target=row.target,
        call=CallInfo(row.client_address, row.user_agent, row.call_id),
        reason=row.reason,
        details=json.loads(row.details),
        source=row.source,
    )


def _values(event: AuditEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "create_time": event.create_time,
        "action": str(event.action),
        "outcome": event.outcome.value,
        "actor": event.actor,
        "actor_display_name": event.actor_display_name,
        "target": event.target,
        "client_address": event.call.client_address,
        "user_agent": event.call.user_agent,
        "call_id": event.call.call_id,
        "reason": event.reason,
        "details": json.dumps(dict(event.details), ensure_ascii=False),
        "source": event.source,
    }
