"""What the audit is told: who changed rights, deleted, handed over, took data out. Never what the data are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from loupe_kit import ids
from loupe_project.domain.scope import CallOrigin, Scope

_MAX_DETAIL_CHARS = 500
_MAX_TARGET_CHARS = 150
_MAX_NAME_CHARS = 100


class Action(StrEnum):
    """What was done, as auth writes it."""

    CREATE_PROJECT = "project.create"
    SHARE_PROJECT = "project.share"
    TRANSFER_PROJECT = "project.transfer"
    DELETE_PROJECT = "project.delete"
    SET_IMAGE_ACCESS = "image.set_access"
    DELETE_IMAGES = "image.delete"
    RESTORE_IMAGES = "image.restore"
    PURGE_IMAGES = "image.purge"
    COPY_IMAGES = "image.copy"
    DELETE_TAG = "tag.delete"
    SHARE_ANALYSIS = "analysis.share"
    DELETE_ANALYSIS = "analysis.delete"
    CREATE_EXPORT = "export.create"
    DOWNLOAD_EXPORT = "export.download"
    DELETE_EXPORT = "export.delete"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that happened and was done. Its id makes telling it twice harmless."""

    id: str
    create_time: datetime
    action: Action
    actor: str
    """Resource name: `users/…`, `apiKeys/…`, `services/…`."""
    target: str
    """Resource name."""
    details: Mapping[str, str] = field(default_factory=dict)
    origin: CallOrigin = field(default_factory=CallOrigin)

    def to_bytes(self) -> bytes:
        """For the outbox."""
        return json.dumps({**asdict(self), "create_time": self.create_time.isoformat()}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(
            id=fields["id"],
            create_time=datetime.fromisoformat(fields["create_time"]),
            action=Action(fields["action"]),
            actor=fields["actor"],
            target=fields["target"],
            details=fields["details"],
            origin=CallOrigin(**fields["origin"]),
        )


def event(scope: Scope, action: Action, target: str, now: datetime, **details: str) -> AuditEvent:
    """A new event.

    Args:
        scope: Of who did it.
        action: What.
        target: To which resource.
        now: When.
        **details: Further facts; long ones are cut to what auth takes.
    """
    return AuditEvent(
        id=ids.new_id(),
        create_time=now,
        action=action,
        actor=scope.principal,
        target=target[:_MAX_TARGET_CHARS],
        details={name: _cut(text) for name, text in details.items() if text},
        origin=CallOrigin(
            scope.origin.display_name[:_MAX_NAME_CHARS],
            scope.origin.client_address[:100],
            scope.origin.user_agent[:200],
            scope.origin.call_id[:64],
        ),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_DETAIL_CHARS else f"{text[: _MAX_DETAIL_CHARS - 1]}…"
