"""The audit relay: nothing is lost, nothing is told as new twice."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from loupe_kit.errors import Unavailable
from loupe_project.domain import audit
from loupe_project.domain.audit import Action, AuditEvent
from loupe_project.domain.scope import CallOrigin, Scope
from loupe_project.use_cases.relay_audit import AuditRelay
from tests.unit.project.fakes import NOW

ADA = Scope(user_id="ada", principal="users/ada", origin=CallOrigin("Ada", "10.0.0.7", "curl/8", "call-0001"))


class Outbox:
    """A store that is its own outbox."""

    def __init__(self, *events: AuditEvent) -> None:
        self.events = list(events)
        self.commits = 0

    @property
    def audit(self) -> "Outbox":
        return self

    async def oldest(self, limit: int) -> list[AuditEvent]:
        return self.events[:limit]

    async def done(self, event_ids: Sequence[str]) -> None:
        self.events = [one for one in self.events if one.id not in event_ids]

    async def commit(self) -> None:
        self.commits += 1


class Log:
    def __init__(self, *, is_away: bool = False) -> None:
        self.told: list[AuditEvent] = []
        self.is_away = is_away

    async def record(self, events: Sequence[AuditEvent]) -> None:
        if self.is_away:
            raise Unavailable("auth does not answer")
        self.told += events


def relay(outbox: Outbox, log: Log) -> AuditRelay:
    @asynccontextmanager
    async def stores(*, read_only: bool = False) -> Any:
        yield outbox

    return AuditRelay(stores, log)


def an_event(**details: str) -> AuditEvent:
    return audit.event(ADA, Action.DELETE_PROJECT, "projects/p", NOW, **details)


async def test_tell_once__what_is_told_goes() -> None:
    outbox, log = Outbox(an_event(), an_event()), Log()

    assert await relay(outbox, log).tell_once() == 2
    assert await relay(outbox, log).tell_once() == 0

    assert (len(log.told), outbox.events) == (2, [])


async def test_tell_once__what_is_not_taken_stays() -> None:
    outbox = Outbox(an_event())

    with pytest.raises(Unavailable):
        await relay(outbox, Log(is_away=True)).tell_once()

    assert (len(outbox.events), outbox.commits) == (1, 0)


def test_event__survives_the_outbox() -> None:
    one = an_event(display_name="태양전지", images="7")

    assert AuditEvent.from_bytes(one.to_bytes()) == one
    assert one.origin == ADA.origin


def test_event__fits_what_auth_takes() -> None:
    long = Scope(principal="users/ada", origin=CallOrigin("n" * 300, "a" * 300, "u" * 300, "c" * 300))

    one = audit.event(long, Action.SHARE_PROJECT, "p" * 300, NOW, query="q" * 600, nothing="")

    assert (len(one.target), len(one.details["query"])) == (150, 500)
    assert list(one.details) == ["query"]
    assert [len(text) for text in (one.origin.display_name, one.origin.client_address)] == [100, 100]
    assert [len(text) for text in (one.origin.user_agent, one.origin.call_id)] == [200, 64]
