"""Browsers in which a person has signed in before: others who guess his password do not slow him there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

TOKEN_PREFIX = "ld_"  # noqa: S105  a marker by which people recognise the token
MAXIMUM_DEVICES = 20


@dataclass(frozen=True)
class KnownDevice:
    """One browser."""

    token_hash: str
    """SHA-256, 64 hex digits."""
    user_id: str
    create_time: datetime
    last_use_time: datetime
    """Last sign-in."""


def new_token() -> str:
    """Returns 256 random bits behind the prefix."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)
