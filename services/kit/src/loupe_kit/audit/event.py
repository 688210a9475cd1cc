"""An event of the audit: who changed what. Never what the data are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Self

from loupe_kit import ids

_MAX_DETAIL_CHARS = 500
_MAX_TARGET_CHARS = 150
_MAX_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class EventOrigin:
    """Where a call came from."""

    display_name: str = ""
    """Of who calls."""
    client_address: str = ""
    user_agent: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that happened and was done. Its id makes telling it twice harmless."""

    id: str
    create_time: datetime
    action: str
    """What was done, as auth takes it: lower case, two parts divided by a point."""
    actor: str
    """Resource name: `users/…`, `apiKeys/…`, `services/…`."""
    target: str
    """Resource name."""
    details: Mapping[str, str] = field(default_factory=dict)
    origin: EventOrigin = field(default_factory=EventOrigin)

    def to_bytes(self) -> bytes:
        """For an outbox."""
        return json.dumps({**asdict(self), "create_time": self.create_time.isoformat()}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(
            id=fields["id"],
            create_time=datetime.fromisoformat(fields["create_time"]),
            action=fields["action"],
            actor=fields["actor"],
            target=fields["target"],
            details=fields["details"],
            origin=EventOrigin(**fields["origin"]),
        )


def event(
    actor: str, origin: EventOrigin, action: str, target: str, now: datetime, details: Mapping[str, str]
) -> AuditEvent:
    """A new event; what is longer than auth takes is cut.

    Args:
        actor: Who did it, as resource name.
        origin: Where the call came from.
        action: What.
        target: To which resource.
        now: When.
        details: Further facts; empty ones are left out.
    """
    return AuditEvent(
        id=ids.new_id(),
        create_time=now,
        action=action,
        actor=actor,
        target=target[:_MAX_TARGET_CHARS],
        details={name: _cut(text) for name, text in details.items() if text},
        origin=EventOrigin(
            origin.display_name[:_MAX_NAME_CHARS],
            origin.client_address[:100],
            origin.user_agent[:200],
            origin.call_id[:64],
        ),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_DETAIL_CHARS else f"{text[: _MAX_DETAIL_CHARS - 1]}…"
