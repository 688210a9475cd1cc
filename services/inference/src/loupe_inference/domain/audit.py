"""What the audit is told: who registered, activated, rolled back or deleted a version of a model."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from loupe_inference.domain.registered import RegisteredVersion
from loupe_kit.audit import event as events
from loupe_kit.audit.event import AuditEvent, EventOrigin


class Action(StrEnum):
    """What was done, as auth writes it."""

    REGISTER = "model.register"
    ACTIVATE = "model.activate"
    ROLL_BACK = "model.roll_back"
    """An older version than the active one became active."""
    DELETE = "model.delete"


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a model."""

    user_id: str
    origin: EventOrigin = field(default_factory=EventOrigin)
    """Where the call came from."""


def registered(author: Author, version: RegisteredVersion) -> AuditEvent:
    """A version was registered, at its own time."""
    return _event(
        author,
        Action.REGISTER,
        version,
        version.create_time,
        display_name=version.config.display_name,
        format=version.config.format.value,
        size_bytes=str(version.config.size_bytes),
    )


def activated(author: Author, version: RegisteredVersion, previous: str, now: datetime) -> AuditEvent:
    """A version became the active one.

    Args:
        author: Who did it.
        version: The version.
        previous: Id of the version that was active.
        now: When.
    """
    action = Action.ROLL_BACK if int(previous) > version.number else Action.ACTIVATE
    return _event(author, action, version, now, previous=previous)


def deleted(author: Author, version: RegisteredVersion, now: datetime) -> AuditEvent:
    """A version was deleted."""
    return _event(author, Action.DELETE, version, now, display_name=version.config.display_name)


def _event(author: Author, action: Action, version: RegisteredVersion, now: datetime, **details: str) -> AuditEvent:
    target = f"models/{version.model}/versions/{version.version}"
    details = {"sha256": version.prepared.sha256, **details}
    return events.event(f"users/{author.user_id}", author.origin, action, target, now, details)
