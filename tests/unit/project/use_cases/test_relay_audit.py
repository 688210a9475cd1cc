"""The events of the store, as the audit relay asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

from loupe_kit.audit.event import AuditEvent, EventOrigin
from loupe_project.domain import audit
from loupe_project.domain.audit import Action
from loupe_project.domain.scope import Scope
from loupe_project.use_cases.relay_audit import StoredEvents
from tests.unit.project.fakes import NOW

ADA = Scope(user_id="ada", principal="users/ada", origin=EventOrigin("Ada", "10.0.0.7", "curl/8", "call-0001"))


class Outbox:
    """A store that is its own outbox."""

    def __init__(self, *events: AuditEvent) -> None:
        self.events = list(events)
        self.commits = 0

    @property
    def audit(self) -> Outbox:
        return self

    async def oldest(self, limit: int) -> list[AuditEvent]:
        return self.events[:limit]

    async def done(self, event_ids: Sequence[str]) -> None:
        self.events = [one for one in self.events if one.id not in event_ids]

    async def commit(self) -> None:
        self.commits += 1


async def test_stored_events__are_forgotten_in_a_transaction() -> None:
    first, second = (audit.event(ADA, Action.DELETE_PROJECT, "projects/p", NOW) for _ in range(2))
    outbox = Outbox(first, second)

    @asynccontextmanager
    async def stores(*, read_only: bool = False) -> Any:
        yield outbox

    events = StoredEvents(stores)
    assert await events.oldest_events(1) == [first]
    assert outbox.commits == 0

    await events.forget_events([first.id])

    assert (outbox.events, outbox.commits) == ([second], 1)


def test_event__who_did_what_from_where() -> None:
    told = audit.event(ADA, Action.SHARE_PROJECT, "projects/p", NOW, query="q" * 600, nothing="")

    assert (told.action, told.actor, told.target, told.create_time) == ("project.share", "users/ada", "projects/p", NOW)
    assert told.origin == ADA.origin
    assert {name: len(text) for name, text in told.details.items()} == {"query": 500}
