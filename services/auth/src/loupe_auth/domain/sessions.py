"""Sessions and their refresh tokens.

A refresh token is 32 random bytes behind `lr_`. The store keeps its SHA-256 only. When it is exchanged, a random nonce
is stored beside it and the successor is HMAC(token, nonce): whoever holds the token gets the same successor again for a
moment, neither the token nor the store alone yields it, and no token is ever kept readable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOKEN_PREFIX = "lr_"  # noqa: S105  a marker by which secret scanners and people recognise the token
REUSE_GRACE = timedelta(seconds=10)


class EndReason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "SIGNED_OUT"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105  not a password
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  not a password
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105  not a password
    ACCOUNT_DISABLED = "ACCOUNT_DISABLED"


@dataclass(frozen=True)
class Session:
    """One sign-in and all refreshes that follow from it: the family of its refresh tokens."""

    id: str
    """UUIDv7; the claim `sid` of its access tokens."""
    user_id: str
    create_time: datetime
    last_use_time: datetime
    """Last sign-in or refresh."""
    expire_time: datetime
    """Absolute end; no refresh goes beyond it."""
    client_address: str
    user_agent: str
    end_time: datetime | None = None
    end_reason: EndReason | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether tokens of this session are still honoured."""
        return self.end_time is None and now < self.expire_time


@dataclass(frozen=True)
class RefreshToken:
    """What the store knows of one refresh token."""

    token_hash: str
    """SHA-256, 64 hex digits."""
    session_id: str
    create_time: datetime
    expire_time: datetime
    exchange_time: datetime | None = None
    """When its successor was made; None: it is the newest of its session."""
    successor_nonce: str | None = None
    """64 hex digits; set together with exchange_time."""

    def in_grace(self, now: datetime) -> bool:
        """Whether it was exchanged so recently that a second use is a race and not a theft."""
        return self.exchange_time is not None and now - self.exchange_time <= REUSE_GRACE


def new_token() -> str:
    """Returns a fresh random refresh token."""
    return TOKEN_PREFIX + _text(secrets.token_bytes(32))


def new_nonce() -> str:
    """Returns the random part of a successor, 64 hex digits."""
    return secrets.token_hex(32)


def successor(token: str, nonce: str) -> str:
    """Returns the token that follows `token`; the same for the same pair."""
    return TOKEN_PREFIX + _text(hmac.digest(token.encode(), bytes.fromhex(nonce), "sha256"))


def token_hash(token: str) -> str:
    """Returns the form in which a token is stored: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
