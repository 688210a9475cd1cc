"""Finds an API key for another service."""

from __future__ import annotations

from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.errors import ApiKeyNotFound
from loupe_auth.ports import Transaction


async def get_api_key(tx: Transaction, key_id: str) -> ApiKey:
    """Returns a key, revoked and expired ones as well.

    Raises:
        ApiKeyNotFound: no such key.
    """
    key = await tx.api_keys.get(key_id)
    if key is None:
        raise ApiKeyNotFound(f"There is no key apiKeys/{key_id}.", name=f"apiKeys/{key_id}")
    return key
