"""Exchanges a refresh token for a new pair of tokens."""

from __future__ import annotations

from dataclasses import replace

from loupe_auth.domain import sessions
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import RefreshTokenInvalid, RefreshTokenReused, SessionEnded
from loupe_auth.domain.sessions import EndReason, RefreshToken, Session
from loupe_auth.domain.users import User
from loupe_auth.ports import AccessTokenIssuer, Store, Transaction
from loupe_auth.use_cases import opening, recording
from loupe_auth.use_cases.opening import SessionLifetime, SessionTokens

# A token used twice at once may find its successor exchanged as well; more hops within the grace are no accident.
_MAXIMUM_HOPS = 4


class RefreshSession:
    """Renews sessions.

    Args:
        store: where sessions are.
        issuer: signs access tokens.
        lifetime: how long sessions last.
    """

    def __init__(self, store: Store, issuer: AccessTokenIssuer, lifetime: SessionLifetime) -> None:
        self._store = store
        self._issuer = issuer
        self._lifetime = lifetime

    async def __call__(self, call: Call, refresh_token: str) -> SessionTokens:
        """Returns new tokens; for calls at the same moment the same refresh token.

        Raises:
            RefreshTokenInvalid: no such token, or expired.
            RefreshTokenReused: exchanged before; the session was ended.
            SessionEnded: the session had ended.
        """
        async with self._store() as tx:
            record = await tx.sessions.get_token_for_exchange(sessions.token_hash(refresh_token))
            if record is None or call.now >= record.expire_time:
                raise RefreshTokenInvalid("This refresh token is unknown or has expired; sign in again.")
            session, user = await _live(tx, call, record)
            if record.exchange_time is None:
                token, record = await self._exchange(tx, call, session, refresh_token, record)
            elif record.in_grace(call.now):
                token, record = await _newest(tx, call, refresh_token, record)
            else:
                await _end_family(tx, call, session, user)
                raise RefreshTokenReused(
                    "This refresh token was used before, so a copy of it is in other hands; the session was ended. "
                    "Sign in again."
                )
            await tx.commit()
        access_token, expire_time = await self._issuer.issue(user, session.id, call.now)
        return SessionTokens(session, user, access_token, expire_time, token, record.expire_time)

    async def _exchange(
        self, tx: Transaction, call: Call, session: Session, token: str, record: RefreshToken
    ) -> tuple[str, RefreshToken]:
        nonce = sessions.new_nonce()
        following = sessions.successor(token, nonce)
        new = opening.token_record(session, sessions.token_hash(following), call.now, self._lifetime)
        await tx.sessions.exchange(replace(record, exchange_time=call.now, successor_nonce=nonce), new)
        return following, new


async def _live(tx: Transaction, call: Call, record: RefreshToken) -> tuple[Session, User]:
    session = await tx.sessions.get(record.session_id)
    user = await tx.users.get(session.user_id) if session else None
    if session is None or user is None or not session.is_live(call.now) or not user.is_active:
        raise SessionEnded("This session has ended; sign in again.")
    return session, user


async def _newest(tx: Transaction, call: Call, token: str, record: RefreshToken) -> tuple[str, RefreshToken]:
    """Follows the chain of exchanges from a token in its grace to the newest one."""
    for _ in range(_MAXIMUM_HOPS):
        if record.successor_nonce is None:
            return token, record
        token = sessions.successor(token, record.successor_nonce)
        following = await tx.sessions.get_token(sessions.token_hash(token))
        if following is None:
            break
        record = following
    if record.successor_nonce is None and call.now < record.expire_time:
        return token, record
    raise RefreshTokenInvalid("This refresh token has been exchanged too often at once; sign in again.")


async def _end_family(tx: Transaction, call: Call, session: Session, user: User) -> None:
    await tx.sessions.end(session.id, EndReason.TOKEN_REUSED, call.now)
    await recording.done(tx, call, Action.REFRESH_REUSED, f"sessions/{session.id}", actor=user)
    # Lasting although the call fails.
    await tx.commit()
