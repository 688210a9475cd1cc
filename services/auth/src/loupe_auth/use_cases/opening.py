"""The tokens of an open session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from loupe_auth.domain.sessions import RefreshToken, Session
from loupe_auth.domain.users import User


@dataclass(frozen=True)
class SessionTokens:
    """What a person gets to prove the session with."""

    session: Session
    user: User
    access_token: str
    access_token_expire_time: datetime
    refresh_token: str
    refresh_token_expire_time: datetime
    device_token: str = ""
    """Set by a sign-in in a browser that was not known."""


@dataclass(frozen=True)
class SessionLifetime:
    """How long sessions last."""

    idle: timedelta
    """A session that is not refreshed for so long is over."""
    absolute: timedelta
    """No session lasts longer."""

    def token_end(self, session: Session, now: datetime) -> datetime:
        """Returns when a refresh token made now stops working."""
        return min(now + self.idle, session.expire_time)


def token_record(session: Session, token_hash: str, now: datetime, lifetime: SessionLifetime) -> RefreshToken:
    """Returns what the store keeps of a refresh token made now."""
    return RefreshToken(
        token_hash=token_hash,
        session_id=session.id,
        create_time=now,
        expire_time=lifetime.token_end(session, now),
    )
