"""Events of the audit and their relay: nothing is lost, nothing is told as new twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from loupe_kit.audit import event
from loupe_kit.audit.event import AuditEvent, EventOrigin
from loupe_kit.audit.relay import AuditRelay
from loupe_kit.errors import Unavailable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = EventOrigin("Ada", "10.0.0.7", "curl/8", "call-0001")


class Outbox:
    """Events in a list."""

    def __init__(self, *events: AuditEvent) -> None:
        self.events = list(events)

    async def oldest_events(self, limit: int) -> list[AuditEvent]:
        return self.events[:limit]

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        self.events = [one for one in self.events if one.id not in event_ids]


class Log:
    """Takes events, or is away."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.told: list[AuditEvent] = []
        self.is_away = is_away

    async def record(self, events: Sequence[AuditEvent]) -> None:
        if self.is_away:
            raise Unavailable("auth does not answer")
        self.told += events


def an_event(**details: str) -> AuditEvent:
    return event.event("users/ada", ORIGIN, "model.delete", "models/m/versions/1", NOW, details)


async def test_tell_once__what_is_told_goes() -> None:
    outbox, log = Outbox(an_event(), an_event()), Log()

    assert await AuditRelay(outbox, log).tell_once() == 2
    assert await AuditRelay(outbox, log).tell_once() == 0

    assert (len(log.told), outbox.events) == (2, [])


async def test_tell_once__what_is_not_taken_stays() -> None:
    outbox = Outbox(an_event())

    with pytest.raises(Unavailable):
        await AuditRelay(outbox, Log(is_away=True)).tell_once()

    assert len(outbox.events) == 1


def test_event__survives_the_outbox() -> None:
    one = an_event(display_name="태양전지", images="7")

    assert AuditEvent.from_bytes(one.to_bytes()) == one
    assert one.origin == ORIGIN


def test_event__fits_what_auth_takes() -> None:
    long = EventOrigin("n" * 300, "a" * 300, "u" * 300, "c" * 300)

    one = event.event("users/ada", long, "model.delete", "p" * 300, NOW, {"query": "q" * 600, "nothing": ""})

    assert (len(one.target), len(one.details["query"])) == (150, 500)
    assert list(one.details) == ["query"]
    assert [len(text) for text in (one.origin.display_name, one.origin.client_address)] == [100, 100]
    assert [len(text) for text in (one.origin.user_agent, one.origin.call_id)] == [200, 64]
