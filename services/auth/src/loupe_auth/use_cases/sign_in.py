"""Opens a session with address and password."""

from __future__ import annotations

import hashlib

from loupe_auth.domain import limits, sessions
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.devices import KnownDevice
from loupe_auth.domain.errors import AccountDisabled, InvalidCredentials
from loupe_auth.domain.limits import (
    SIGN_IN_BY_ADDRESS,
    SIGN_IN_BY_DEVICE,
    SIGN_IN_BY_EMAIL,
    SIGN_IN_BY_EMAIL_AND_NETWORK,
    AnyLimit,
)
from loupe_auth.domain.passwords import MAXIMUM_LENGTH
from loupe_auth.domain.users import User
from loupe_auth.ports import PasswordHasher, RateLimiter, Store
from loupe_auth.use_cases import limiting, recording
from loupe_auth.use_cases.open_session import OpenSession
from loupe_auth.use_cases.opening import SessionTokens


class SignIn:
    """Opens sessions.

    Args:
        store: where people and sessions are.
        hasher: checks passwords.
        limiter: slows guessing.
        opening: opens the session of whom it recognised.
    """

    def __init__(self, store: Store, hasher: PasswordHasher, limiter: RateLimiter, opening: OpenSession) -> None:
        self._store = store
        self._hasher = hasher
        self._limiter = limiter
        self._opening = opening

    async def __call__(self, call: Call, email: str, password: str, device_token: str = "") -> SessionTokens:
        """Returns the tokens of a new session.

        Args:
            call: the call.
            email: address as typed.
            password: as typed.
            device_token: what an earlier sign-in in this browser was given; empty: none.

        Raises:
            InvalidCredentials: wrong address or password.
            AccountDisabled: right password of a disabled account.
            TooManyAttempts: too many wrong ones.
        """
        address = email.strip().lower()[:254]
        device = await self._device(address, device_token)
        taken = _limits(call, address, device)
        # A refusal here is not written to the audit: whoever floods us must not fill it.
        await limiting.take(self._limiter, "sign_in", taken)
        user = await self._check(call, address, password)
        await limiting.succeeded(self._limiter, taken)
        return await self._opening(call, user, device)

    async def _device(self, address: str, token: str) -> KnownDevice | None:
        """Returns the browser if the person with this address has signed in in it before."""
        if not token:
            return None
        async with self._store(read_only=True) as tx:
            device = await tx.devices.get(sessions.token_hash(token))
            user = await tx.users.get_by_email(address) if device else None
        return device if device and user and device.user_id == user.id else None

    async def _check(self, call: Call, address: str, password: str) -> User:
        async with self._store(read_only=True) as tx:
            user = await tx.users.get_by_email(address)
            password_hash = await tx.users.get_password_hash(user.id) if user else None
        # Without an account the same work is done, so that the time does not tell.
        right = await self._hasher.verify(password_hash, password[: MAXIMUM_LENGTH + 1])
        if user is None or password_hash is None or not right:
            # People type passwords into the wrong field: what is no address is not written down.
            tried = address if "@" in address else ""
            await recording.refused(self._store, call, Action.SIGN_IN, InvalidCredentials.reason, email=tried)
            raise InvalidCredentials("Wrong e-mail address or password.")
        if not user.is_active:
            await recording.refused(self._store, call, Action.SIGN_IN, AccountDisabled.reason, actor=user)
            raise AccountDisabled("This account is disabled; ask an administrator.")
        if self._hasher.is_outdated(password_hash):
            renewed = await self._hasher.hash(password)
            async with self._store() as tx:
                await tx.users.set_password_hash(user.id, renewed, call.now)
                await tx.commit()
        return user


def _limits(call: Call, address: str, device: KnownDevice | None) -> tuple[tuple[AnyLimit, str], ...]:
    # Hashed, so that whatever keeps the counts keeps no addresses.
    email_key = hashlib.sha256(address.encode()).hexdigest()
    place = call.info.client_address
    if device is not None:
        return ((SIGN_IN_BY_ADDRESS, place), (SIGN_IN_BY_DEVICE, device.token_hash))
    return (
        (SIGN_IN_BY_ADDRESS, place),
        (SIGN_IN_BY_EMAIL_AND_NETWORK, f"{email_key} {limits.network(place)}"),
        (SIGN_IN_BY_EMAIL, email_key),
    )
