"""Ends sessions from elsewhere: one, or all."""

from __future__ import annotations

from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import SessionNotFound
from loupe_auth.domain.sessions import EndReason
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, recording


async def end_session(tx: Transaction, call: Call, session_id: str) -> None:
    """Ends a session of the caller; one that has ended stays so.

    Raises:
        SessionNotFound: it is not one of the caller's.
    """
    user = await acting.person(tx, call)
    session = await tx.sessions.get(session_id)
    if session is None or session.user_id != user.id:
        name = f"sessions/{session_id}"
        raise SessionNotFound(f"You have no session {name}; list your sessions to see which there are.", name=name)
    if await tx.sessions.end(session.id, EndReason.SIGNED_OUT, call.now):
        await recording.done(tx, call, Action.END_SESSION, f"sessions/{session.id}")


async def end_all_sessions(tx: Transaction, call: Call, *, keep_current: bool) -> int:
    """Ends every session of the caller, or every other one; returns how many."""
    user = await acting.person(tx, call)
    kept = call.caller.session_id if keep_current else None
    count = await tx.sessions.end_others(user.id, kept, EndReason.SIGNED_OUT, call.now)
    await recording.done(tx, call, Action.END_ALL_SESSIONS, f"users/{user.id}", ended_sessions=str(count))
    return count
