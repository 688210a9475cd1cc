"""Reads the audit."""

from __future__ import annotations

from collections.abc import Sequence

from loupe_auth.domain.audit import AuditEvent, AuditQuery
from loupe_auth.domain.calls import Call
from loupe_auth.ports import TimeKey, Transaction
from loupe_auth.use_cases import acting


async def list_audit_events(
    tx: Transaction, call: Call, query: AuditQuery, *, after: TimeKey | None, limit: int
) -> Sequence[AuditEvent]:
    """Returns matching events, newest first, those behind `after`.

    Raises:
        AdministratorRequired: the caller is none.
    """
    await acting.administrator(tx, call)
    return await tx.audit.list_newest_first(query, after=after, limit=limit)
