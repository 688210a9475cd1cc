"""Stops an API key for good."""

from __future__ import annotations

from dataclasses import replace

from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import ApiKeyNotFound
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, recording


async def revoke_api_key(tx: Transaction, call: Call, key_id: str) -> ApiKey:
    """Returns the revoked key; one that was revoked before stays as it is.

    Raises:
        ApiKeyNotFound: no such key, or another person's and the caller is no administrator.
    """
    user = await acting.person(tx, call)
    key = await tx.api_keys.get(key_id)
    if key is None or not (key.owner_id == user.id or user.is_administrator):
        raise no_key(key_id)
    if key.revoke_time is not None:
        return key
    await tx.api_keys.revoke(key.id, call.now)
    await recording.done(tx, call, Action.REVOKE_API_KEY, f"apiKeys/{key.id}", display_name=key.display_name)
    return replace(key, revoke_time=call.now)


def no_key(key_id: str) -> ApiKeyNotFound:
    """Returns the error of a key that the caller may not manage."""
    name = f"apiKeys/{key_id}"
    return ApiKeyNotFound(f"You have no key {name}; list your keys to see which there are.", name=name)
