"""Ends a session."""

from __future__ import annotations

from loupe_auth.domain import sessions
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.sessions import EndReason
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import recording
from loupe_kit.errors import Unauthenticated


async def sign_out(tx: Transaction, call: Call, refresh_token: str) -> None:
    """Ends the session of the refresh token, else that of the access token; one that has ended stays so.

    Raises:
        Unauthenticated: neither names a session.
    """
    session_id = call.caller.session_id
    if refresh_token:
        token = await tx.sessions.get_token(sessions.token_hash(refresh_token))
        session_id = token.session_id if token else session_id
    session = await tx.sessions.get(session_id) if session_id else None
    if session is None:
        raise Unauthenticated("No session to end: send its refresh token or its access token.")
    user = await tx.users.get(session.user_id)
    if await tx.sessions.end(session.id, EndReason.SIGNED_OUT, call.now):
        await recording.done(tx, call, Action.SIGN_OUT, f"sessions/{session.id}", actor=user)
