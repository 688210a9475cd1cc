"""Reads the audit to its end, page by page, for a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from loupe_auth.domain.audit import Action, AuditEvent, AuditQuery
from loupe_auth.domain.calls import Call
from loupe_auth.ports import Store
from loupe_auth.use_cases import acting, recording

_PAGE = 1000


async def export_audit_events(
    store: Store, call: Call, query: AuditQuery, form: str
) -> AsyncIterator[Sequence[AuditEvent]]:
    """Gives matching events, newest first, at most 1000 at a time; none that came after the call.

    Each page has a transaction of its own, so that a slow reader keeps nobody waiting. The right to read is looked at
    before each page.

    Raises:
        AdministratorRequired: the caller is none, or no longer.
    """
    end_time = min(query.end_time or call.now, call.now)
    query = replace(query, end_time=end_time)
    async with store() as tx:
        await acting.administrator(tx, call)
        await recording.done(tx, call, Action.EXPORT_AUDIT, form=form)
        await tx.commit()
    after = None
    while True:
        async with store(read_only=True) as tx:
            await acting.administrator(tx, call)
            events = await tx.audit.list_newest_first(query, after=after, limit=_PAGE)
        yield events
        if len(events) < _PAGE:
            return
        after = (events[-1].create_time, events[-1].id)
