"""API keys: `lp_<id>_<secret>`, of which the store keeps the id and a hash of the secret."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

PREFIX = "lp"
SCOPES = ("read", "upload", "edit", "analyse", "export")
MAXIMUM_LIFETIME = timedelta(days=366)
DEFAULT_LIFETIME = timedelta(days=365)
MAXIMUM_PROJECTS = 100
MAXIMUM_OVERLAP = timedelta(days=30)
DEFAULT_OVERLAP = timedelta(days=7)
_SECRET_BYTES = 24


class Match(Enum):
    """Which secret of a key was presented."""

    CURRENT = "current"
    PREVIOUS = "previous"
    """The one before the last rotation, which still works."""
    NONE = "none"


@dataclass(frozen=True)
class ApiKey:
    """A key, without its secret."""

    id: str
    """UUIDv7; part of the key's text."""
    owner_id: str
    display_name: str
    secret_hash: str
    """SHA-256 of the secret, 64 hex digits."""
    scopes: tuple[str, ...]
    """At least one of SCOPES, sorted."""
    project_ids: tuple[str, ...]
    """Projects the key is limited to, sorted; empty: all that the owner may use."""
    create_time: datetime
    expire_time: datetime
    last_use_time: datetime | None = None
    """To the minute; None: never used."""
    revoke_time: datetime | None = None
    previous_secret_hash: str | None = None
    """Of the secret before the last rotation; None: none."""
    previous_expire_time: datetime | None = None
    """Until when that one works."""

    def is_live(self, now: datetime) -> bool:
        """Whether the key works."""
        return self.revoke_time is None and now < self.expire_time

    def match(self, secret: str, now: datetime) -> Match:
        """Returns which secret of this key it is; the time does not depend on where they differ."""
        presented = secret_hash(secret)
        if hmac.compare_digest(self.secret_hash, presented):
            return Match.CURRENT
        is_previous = hmac.compare_digest(self.previous_secret_hash or "", presented)
        return Match.PREVIOUS if is_previous and self.has_previous(now) else Match.NONE

    def has_previous(self, now: datetime) -> bool:
        """Whether the secret before the last rotation works."""
        return self.previous_expire_time is not None and now < self.previous_expire_time


def new_secret() -> str:
    """Returns 192 random bits as 48 hex digits."""
    return secrets.token_hex(_SECRET_BYTES)


def secret_hash(secret: str) -> str:
    """Returns the form in which a secret is stored: 192 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_text(key_id: str, secret: str) -> str:
    """Returns the key as the factory system sends it."""
    return f"{PREFIX}_{key_id}_{secret}"


def split_key_text(text: str) -> tuple[str, str] | None:
    """Returns id and secret of a presented key, or None when it has another form."""
    parts = text.split("_")
    if len(parts) != 3 or parts[0] != PREFIX or len(parts[2]) != 2 * _SECRET_BYTES:
        return None
    try:
        return str(UUID(parts[1])), parts[2]
    except ValueError:
        return None
