"""Says whom a presented API key stands for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from loupe_auth.domain import api_keys
from loupe_auth.domain.api_keys import ApiKey, Match
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import ApiKeyInvalid
from loupe_auth.domain.users import User
from loupe_auth.ports import Store
from loupe_auth.use_cases import recording

# Services ask every few seconds for each key in use: the store is written to once a minute, the audit once an hour.
_TOUCH_EVERY = timedelta(minutes=1)
_AUDIT_EVERY = timedelta(hours=1)


async def resolve_api_key(store: Store, call: Call, text: str) -> tuple[ApiKey, User]:
    """Returns the key and its owner as they are now.

    Raises:
        ApiKeyInvalid: unknown, wrong, expired or revoked, or its owner is disabled.
    """
    parts = api_keys.split_key_text(text)
    if parts is None:
        raise _invalid()
    key_id, secret = parts
    async with store(read_only=True) as tx:
        key = await tx.api_keys.get(key_id)
        owner = await tx.users.get(key.owner_id) if key else None
    match = key.match(secret, call.now) if key else Match.NONE
    if key is None or owner is None or match is Match.NONE:
        raise _invalid()
    if not key.is_live(call.now) or not owner.is_active:
        await recording.refused(store, call, Action.USE_API_KEY, ApiKeyInvalid.reason, f"apiKeys/{key.id}", actor=owner)
        raise _invalid()
    return await _touched(store, call, key, owner, match), owner


async def _touched(store: Store, call: Call, key: ApiKey, owner: User, match: Match) -> ApiKey:
    if key.last_use_time is not None and call.now - key.last_use_time < _TOUCH_EVERY:
        return key
    async with store() as tx:
        await tx.api_keys.touch(key.id, call.now)
        if key.last_use_time is None or _slot(key.last_use_time) != _slot(call.now):
            await recording.done(tx, call, Action.USE_API_KEY, f"apiKeys/{key.id}", actor=owner, secret=match.value)
        await tx.commit()
    return replace(key, last_use_time=call.now)


def _slot(time: datetime) -> int:
    return int(time.timestamp() // _AUDIT_EVERY.total_seconds())


def _invalid() -> ApiKeyInvalid:
    return ApiKeyInvalid("This API key is not valid, or no longer; make a new one on the page of your account.")
