"""Adds events that other services saw."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loupe_auth.domain import fields
from loupe_auth.domain.audit import AuditEvent
from loupe_auth.ports import Transaction

MAXIMUM_EVENTS = 500
_MAXIMUM_DETAILS = 20
_ACTION = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


async def record_audit_events(tx: Transaction, events: Sequence[AuditEvent]) -> int:
    """Returns how many of them were new; known ones stay as they are.

    Raises:
        InvalidArgument: there are none or too many, or a text is too long.
    """
    if not 1 <= len(events) <= MAXIMUM_EVENTS:
        raise fields.invalid("audit_events", f"must hold 1 to {MAXIMUM_EVENTS} events")
    for event in events:
        _check(event)
    return await tx.audit.add_new(events)


def _check(event: AuditEvent) -> None:
    if not _ACTION.fullmatch(event.action):
        raise fields.invalid("audit_events.action", "must be two lower-case words divided by a point")
    if len(event.details) > _MAXIMUM_DETAILS:
        raise fields.invalid("audit_events.details", f"must have at most {_MAXIMUM_DETAILS} entries")
    texts = [
        ("action", event.action, 60),
        ("actor", event.actor, 100),
        ("actor_display_name", event.actor_display_name, 100),
        ("target", event.target, 150),
        ("client_address", event.call.client_address, 100),
        ("user_agent", event.call.user_agent, 200),
        ("call_id", event.call.call_id, 64),
        ("reason", event.reason, 60),
        *(("details", name, 60) for name in event.details),
        *(("details", value, 500) for value in event.details.values()),
    ]
    for field, text, maximum in texts:
        if len(text) > maximum:
            raise fields.invalid(f"audit_events.{field}", f"must be at most {maximum} characters, this has {len(text)}")
