"""Sets a new password and ends the person's other sessions."""

from __future__ import annotations

from dataclasses import dataclass

from loupe_auth.domain import passwords
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import CurrentPasswordWrong, SessionEnded
from loupe_auth.domain.limits import CHANGE_PASSWORD_BY_USER
from loupe_auth.domain.sessions import EndReason
from loupe_auth.ports import PasswordHasher, RateLimiter, Store, Transaction
from loupe_auth.use_cases import acting, limiting, recording
from loupe_kit.errors import FieldViolation


@dataclass(frozen=True)
class CheckedChange:
    """A change whose present password was right; made before the transaction, because hashing is slow."""

    user_id: str
    email: str
    old_hash: str | None
    new_hash: str


class ChangePassword:
    """Changes passwords.

    Args:
        store: where people are.
        hasher: checks and hashes passwords.
        limiter: slows guessing of the present password.
    """

    def __init__(self, store: Store, hasher: PasswordHasher, limiter: RateLimiter) -> None:
        self._store = store
        self._hasher = hasher
        self._limiter = limiter

    async def check(self, call: Call, current: str, new: str) -> CheckedChange:
        """Checks both passwords and hashes the new one.

        Raises:
            CurrentPasswordWrong: `current` is not the present password.
            PasswordTooWeak: `new` breaks a rule.
            TooManyAttempts: too many wrong ones.
        """
        async with self._store(read_only=True) as tx:
            user = await acting.person(tx, call)
            old_hash = await tx.users.get_password_hash(user.id)
        passwords.check("new_password", new, email=user.email, display_name=user.profile.display_name)
        limits = [(CHANGE_PASSWORD_BY_USER, user.id)]
        await limiting.take(self._limiter, "change_password", limits)
        if not await self._hasher.verify(old_hash, current[: passwords.MAXIMUM_LENGTH + 1]):
            await recording.refused(
                self._store, call, Action.CHANGE_PASSWORD, CurrentPasswordWrong.reason, f"users/{user.id}"
            )
            raise CurrentPasswordWrong(
                "That is not your present password.",
                fields=[FieldViolation("current_password", "is not the present password")],
            )
        await limiting.succeeded(self._limiter, limits)
        return CheckedChange(user.id, user.email, old_hash, await self._hasher.hash(new))

    async def apply(self, tx: Transaction, call: Call, change: CheckedChange) -> int:
        """Writes the new password; returns how many other sessions were ended.

        Raises:
            SessionEnded: the password was changed elsewhere meanwhile, which ended this session.
        """
        user = await acting.person(tx, call)
        if await tx.users.get_password_hash(user.id) != change.old_hash:
            raise SessionEnded("The password was changed elsewhere meanwhile; sign in again.")
        await tx.users.set_password_hash(user.id, change.new_hash, call.now)
        ended = await tx.sessions.end_others(user.id, call.caller.session_id, EndReason.PASSWORD_CHANGED, call.now)
        await recording.done(tx, call, Action.CHANGE_PASSWORD, f"users/{user.id}", ended_sessions=str(ended))
        return ended
