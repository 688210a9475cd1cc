"""Lists what access tokens that have not run out yet say wrongly."""

from __future__ import annotations

from datetime import datetime, timedelta

from loupe_auth.domain.signing_keys import ACCESS_TOKEN_LIFETIME
from loupe_auth.ports import Store
from loupe_kit.revocations import CurrentClaims, Revocations

# Covers transactions that take a while and clocks that differ a little.
_MARGIN = timedelta(minutes=2)


async def list_revocations(store: Store, now: datetime) -> Revocations:
    """Returns sessions that ended, and people who changed department or role, while tokens of before may still run."""
    since = now - ACCESS_TOKEN_LIFETIME - _MARGIN
    async with store(read_only=True) as tx:
        ended = await tx.sessions.list_ended_since(since)
        people = await tx.users.list_claims_changed_since(since)
    return Revocations(
        ended_sessions=frozenset(ended),
        claims={user.id: CurrentClaims(user.profile.department_id, user.role) for user in people},
    )
