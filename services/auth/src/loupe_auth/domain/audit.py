"""What is written down for the question "who did what"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """Everything that is recorded; the values are part of the contract."""

    SIGN_UP = "account.sign_up"
    VERIFY_EMAIL = "account.verify_email"
    SIGN_IN = "account.sign_in"
    REFRESH_REUSED = "account.refresh_reused"
    SIGN_OUT = "account.sign_out"
    END_SESSION = "account.end_session"
    END_ALL_SESSIONS = "account.end_all_sessions"
    UPDATE_ACCOUNT = "account.update"
    CHANGE_PASSWORD = "account.change_password"  # noqa: S105  not a password
    REQUEST_PASSWORD_RESET = "account.request_password_reset"  # noqa: S105  not a password
    RESET_PASSWORD = "account.reset_password"  # noqa: S105  not a password
    LINK_IDENTITY = "account.link_identity"
    CREATE_ACCOUNT = "account.create"
    CREATE_API_KEY = "api_key.create"
    USE_API_KEY = "api_key.use"
    ROTATE_API_KEY = "api_key.rotate"
    REVOKE_API_KEY = "api_key.revoke"
    CREATE_DEPARTMENT = "department.create"
    REQUEST_MEMBERSHIP = "department.request_membership"
    APPROVE_MEMBERSHIP = "department.approve_membership"
    DECLINE_MEMBERSHIP = "department.decline_membership"
    UPDATE_USER = "user.update"
    DISABLE_USER = "user.disable"
    ENABLE_USER = "user.enable"
    UPDATE_DEPARTMENT = "department.update"
    DELETE_DEPARTMENT = "department.delete"
    CREATE_ADMINISTRATOR = "administrator.create"
    ROTATE_SIGNING_KEY = "signing_key.rotate"
    EXPORT_AUDIT = "audit.export"


class Outcome(StrEnum):
    """How it ended."""

    SUCCEEDED = "SUCCEEDED"
    REFUSED = "REFUSED"


@dataclass(frozen=True)
class CallInfo:
    """Where a call came from."""

    client_address: str = ""
    """Address of the client as far as known; empty: unknown, or not a call at all."""
    user_agent: str = ""
    """At most 200 characters."""
    call_id: str = ""
    """Id of the call in the logs."""


@dataclass(frozen=True)
class AuditEvent:
    """One thing that happened. Holds no password, code, token or key."""

    id: str
    """UUIDv7."""
    create_time: datetime
    action: str
    """One of Action, or an action that a later version wrote."""
    outcome: Outcome
    actor: str
    """Resource name; empty: somebody not signed in."""
    actor_display_name: str
    target: str
    """Resource name; empty: nothing that has one."""
    call: CallInfo
    reason: str = ""
    """Reason of the refusal; empty when it succeeded."""
    details: Mapping[str, str] = field(default_factory=dict)
    """At most 20 entries."""
    source: str = "services/auth"
    """Service that saw it, as a resource name."""


@dataclass(frozen=True)
class AuditQuery:
    """Conditions of a search in the audit; all must hold."""

    start_time: datetime | None = None
    """Inclusive; None: from the beginning."""
    end_time: datetime | None = None
    """Exclusive; None: to the end."""
    actor: str = ""
    """Resource name; empty: anybody."""
    action: str = ""
    """An action, or the beginning of one followed by `*`; empty: every action."""
    target: str = ""
    """Resource name; empty: anything."""
    outcome: Outcome | None = None
    """None: either."""
    client_address: str = ""
    """Address the call came from; empty: any."""
