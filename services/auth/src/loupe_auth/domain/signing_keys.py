"""Keys that sign access tokens, and when they are replaced.

A new key is published before it signs, and the one before stays published until its last token has run out. So at no
moment does a service meet a token whose key it cannot look up, whichever replica it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESS_TOKEN_LIFETIME = timedelta(minutes=10)
ROTATE_AFTER = timedelta(days=30)
# Replicas read the keys again each minute; by then all of them publish a new one.
PUBLISH_AHEAD = timedelta(minutes=2)
# Covers the last token of a key and clocks that differ a little.
KEEP_PUBLISHED = ACCESS_TOKEN_LIFETIME + timedelta(hours=1)


@dataclass(frozen=True)
class SigningKey:
    """One Ed25519 key pair."""

    id: str
    """The `kid` of tokens: the RFC 7638 thumbprint of the public key."""
    private_key: str
    """32 bytes in base64url, the field `d` of RFC 8037. Secret."""
    public_key: str
    """32 bytes in base64url, the field `x` of RFC 8037."""
    create_time: datetime


def needs_successor(keys: Sequence[SigningKey], now: datetime, rotate_after: timedelta) -> bool:
    """Whether the newest of the keys (newest first) is so old that the next one must be published."""
    return not keys or now >= keys[0].create_time + rotate_after - PUBLISH_AHEAD


def to_sign_with(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """Returns the newest key that everybody can have looked up; the oldest where all are newer than that.

    Args:
        keys: newest first, at least one.
        now: the time.
    """
    known = (key for key in keys if now >= key.create_time + PUBLISH_AHEAD)
    return next(known, keys[-1])


def to_publish(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """Returns the keys (newest first) that a valid token may be signed with, the coming one included."""
    return [
        key
        for position, key in enumerate(keys)
        if position == 0 or now < keys[position - 1].create_time + PUBLISH_AHEAD + KEEP_PUBLISHED
    ]
