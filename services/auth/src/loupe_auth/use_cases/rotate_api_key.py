"""Gives an API key a new secret; the one before works for a while longer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from loupe_auth.domain import api_keys, fields
from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import ApiKeyNotActive
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, create_api_key, recording, resources, revoke_api_key


@dataclass(frozen=True)
class Rotation:
    """How to rotate."""

    key_id: str
    previous_expire_time: datetime | None
    """Until when the present secret works; None: 7 days from now."""
    expire_time: datetime | None
    """New end of the key; None: as before."""


async def rotate_api_key(tx: Transaction, call: Call, rotation: Rotation) -> tuple[ApiKey, str]:
    """Returns the key and its whole text with the new secret, which nobody can read again.

    Raises:
        ApiKeyNotFound: the caller has no such key.
        ApiKeyNotActive: it is revoked or expired.
        InvalidArgument: a time is out of its range.
        EtagMismatch: it was rotated at the same moment.
    """
    owner = await acting.person(tx, call)
    key = await tx.api_keys.get(rotation.key_id)
    if key is None or key.owner_id != owner.id:
        raise revoke_api_key.no_key(rotation.key_id)
    name = f"apiKeys/{key.id}"
    if not key.is_live(call.now):
        raise ApiKeyNotActive("This key is revoked or expired; make a new one.", name=name)
    secret = api_keys.new_secret()
    rotated = replace(
        key,
        secret_hash=api_keys.secret_hash(secret),
        expire_time=create_api_key.checked_expire_time("expire_time", rotation.expire_time, call.now)
        if rotation.expire_time
        else key.expire_time,
        previous_secret_hash=key.secret_hash,
        previous_expire_time=_overlap_end(rotation.previous_expire_time, call.now),
    )
    if not await tx.api_keys.rotate(key, rotated):
        raise resources.stale(name)
    until = rotated.previous_expire_time or call.now
    await recording.done(
        tx, call, Action.ROTATE_API_KEY, name, display_name=key.display_name, previous_until=until.isoformat()
    )
    return rotated, api_keys.key_text(key.id, secret)


def _overlap_end(wanted: datetime | None, now: datetime) -> datetime:
    if wanted is None:
        return now + api_keys.DEFAULT_OVERLAP
    if wanted > now + api_keys.MAXIMUM_OVERLAP:
        raise fields.invalid("previous_secret_expire_time", "must be at most 30 days away")
    return max(wanted, now)
