"""Opens the session of somebody who has been recognised, by password or by the company's identity provider."""

from __future__ import annotations

from loupe_auth.domain import devices, sessions
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.devices import KnownDevice
from loupe_auth.domain.sessions import Session
from loupe_auth.domain.users import User
from loupe_auth.ports import AccessTokenIssuer, Store, Transaction
from loupe_auth.use_cases import opening, recording
from loupe_auth.use_cases.opening import SessionLifetime, SessionTokens
from loupe_kit import ids


class OpenSession:
    """Opens sessions.

    Args:
        store: where sessions are.
        issuer: signs access tokens.
        lifetime: how long sessions last.
    """

    def __init__(self, store: Store, issuer: AccessTokenIssuer, lifetime: SessionLifetime) -> None:
        self._store = store
        self._issuer = issuer
        self._lifetime = lifetime

    async def __call__(
        self, call: Call, user: User, device: KnownDevice | None, method: str = "password"
    ) -> SessionTokens:
        """Returns the tokens of a new session.

        Args:
            call: the call.
            user: who was recognised.
            device: the browser, if the person has signed in in it before; else it is remembered from now on.
            method: how he was recognised, for the audit.
        """
        session = Session(
            id=ids.new_id(),
            user_id=user.id,
            create_time=call.now,
            last_use_time=call.now,
            expire_time=call.now + self._lifetime.absolute,
            client_address=call.info.client_address,
            user_agent=call.info.user_agent,
        )
        refresh_token = sessions.new_token()
        record = opening.token_record(session, sessions.token_hash(refresh_token), call.now, self._lifetime)
        access_token, expire_time = await self._issuer.issue(user, session.id, call.now)
        async with self._store() as tx:
            await tx.sessions.add(session, record)
            device_token = await _remember(tx, call, user, device)
            await recording.done(tx, call, Action.SIGN_IN, f"sessions/{session.id}", actor=user, method=method)
            await tx.commit()
        return SessionTokens(session, user, access_token, expire_time, refresh_token, record.expire_time, device_token)


async def _remember(tx: Transaction, call: Call, user: User, device: KnownDevice | None) -> str:
    """Returns the token of a browser that was not known; empty for one that was."""
    if device is not None:
        await tx.devices.touch(device.token_hash, call.now)
        return ""
    token = devices.new_token()
    new = KnownDevice(sessions.token_hash(token), user.id, call.now, call.now)
    await tx.devices.add(new, keep=devices.MAXIMUM_DEVICES)
    return token
