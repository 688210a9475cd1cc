"""Lists where a person is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from loupe_auth.domain.calls import Call
from loupe_auth.domain.sessions import Session
from loupe_auth.ports import TimeKey, Transaction
from loupe_auth.use_cases import acting


async def list_sessions(tx: Transaction, call: Call, *, after: TimeKey | None, limit: int) -> Sequence[Session]:
    """Returns live sessions of the caller, the last used one first, those behind `after`."""
    user = await acting.person(tx, call)
    return await tx.sessions.list_live(user.id, call.now, after=after, limit=limit)
