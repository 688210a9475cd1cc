"""Lists a person's API keys."""

from __future__ import annotations

from collections.abc import Sequence

from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.calls import Call
from loupe_auth.ports import TimeKey, Transaction
from loupe_auth.use_cases import acting


async def list_api_keys(tx: Transaction, call: Call, *, after: TimeKey | None, limit: int) -> Sequence[ApiKey]:
    """Returns the caller's keys, newest first, those behind `after`."""
    owner = await acting.person(tx, call)
    return await tx.api_keys.list_by_owner(owner.id, after=after, limit=limit)
