"""Builders of the domain with sensible defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from loupe_auth.domain.api_keys import ApiKey, secret_hash
from loupe_auth.domain.audit import Action, AuditEvent, CallInfo, Outcome
from loupe_auth.domain.sessions import RefreshToken, Session, token_hash
from loupe_auth.domain.users import Department, Profile, User, UserState
from loupe_auth.domain.verifications import PendingAccount, Purpose, Verification
from loupe_kit import ids
from loupe_kit.caller import Role

NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def user(name: str = "Ada", *, email: str = "", department: Department | None = None, **changes: Any) -> User:
    """A member."""
    made = User(
        id=ids.new_id(),
        email=email or f"{ids.new_id()}@plant.example",
        profile=Profile(name, department.id if department else None, "engineer", "Plant 2"),
        role=Role.MEMBER,
        state=UserState.ACTIVE,
        create_time=NOW,
        update_time=NOW,
        version=1,
        department_display_name=department.display_name if department else "",
    )
    return replace(made, **changes)


def department(name: str = "Quality", **changes: Any) -> Department:
    """A department."""
    return replace(Department(ids.new_id(), name, "described", NOW, NOW, 1), **changes)


def verification(**changes: Any) -> Verification:
    """A sign-up whose code was mailed just now."""
    made = Verification(
        id=ids.new_id(),
        purpose=Purpose.SIGN_UP,
        email="ada@plant.example",
        code_hash="hash of the code",
        guesses_left=5,
        mails_left=4,
        code_expire_time=NOW + timedelta(minutes=10),
        resend_time=NOW + timedelta(seconds=60),
        expire_time=NOW + timedelta(hours=1),
        create_time=NOW,
        pending=PendingAccount("Ada", None, "Quality", "engineer", "Plant 2", "hash of the password"),
    )
    return replace(made, **changes)


def session(owner: User, **changes: Any) -> Session:
    """A session opened just now."""
    made = Session(ids.new_id(), owner.id, NOW, NOW, NOW + timedelta(days=30), "203.0.113.7", "a browser")
    return replace(made, **changes)


def refresh_token(of: Session, text: str = "lr_first", **changes: Any) -> RefreshToken:
    """A token nobody exchanged yet."""
    return replace(RefreshToken(token_hash(text), of.id, NOW, NOW + timedelta(days=14)), **changes)


def api_key(owner: User, **changes: Any) -> ApiKey:
    """A working key."""
    made = ApiKey(
        id=ids.new_id(),
        owner_id=owner.id,
        display_name="camera PC",
        secret_hash=secret_hash("secret"),
        scopes=("read", "upload"),
        project_ids=(ids.new_id(),),
        create_time=NOW,
        expire_time=NOW + timedelta(days=365),
    )
    return replace(made, **changes)


def audit_event(**changes: Any) -> AuditEvent:
    """A sign-in."""
    made = AuditEvent(
        id=ids.new_id(),
        create_time=NOW,
        action=Action.SIGN_IN,
        outcome=Outcome.SUCCEEDED,
        actor="users/ada",
        actor_display_name="Ada",
        target="sessions/one",
        call=CallInfo("203.0.113.7", "a browser", "call-0001"),
        details={"email": "ada@plant.example"},
    )
    return replace(made, **changes)
