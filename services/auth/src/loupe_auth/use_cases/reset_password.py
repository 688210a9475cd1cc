"""Sets a new password with a code that only the owner of the mailbox can know."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from loupe_auth.domain import fields, limits, mails, passwords, verifications
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.limits import (
    RESET_BY_ADDRESS,
    RESET_BY_EMAIL,
    SIGN_IN_BY_EMAIL,
    SIGN_IN_BY_EMAIL_AND_NETWORK,
)
from loupe_auth.domain.mails import Mail
from loupe_auth.domain.sessions import EndReason
from loupe_auth.domain.users import User
from loupe_auth.domain.verifications import NO_ACCOUNT, Purpose, Verification
from loupe_auth.ports import PasswordHasher, RateLimiter, Store, Transaction
from loupe_auth.use_cases import guess_code, limiting, recording
from loupe_auth.use_cases.guess_code import GuessCode
from loupe_kit import ids


@dataclass(frozen=True)
class ResetDraft:
    """A reset whose code is hashed; made before the transaction, because hashing is slow."""

    verification: Verification
    code_mail: Mail


@dataclass(frozen=True)
class ProvenReset:
    """A reset whose code was right, and the new password's hash."""

    verification: Verification
    user: User
    password_hash: str


class ResetPassword:
    """Resets passwords.

    Args:
        store: where people are.
        hasher: hashes codes and passwords.
        limiter: bounds mails.
        guess: checks codes.
    """

    def __init__(self, store: Store, hasher: PasswordHasher, limiter: RateLimiter, guess: GuessCode) -> None:
        self._store = store
        self._hasher = hasher
        self._limiter = limiter
        self._guess = guess

    async def draft(self, call: Call, email: str) -> ResetDraft:
        """Makes a code; does the same work for known and unknown addresses, because it does not look.

        Raises:
            InvalidArgument: that is no address.
            TooManyAttempts: too many for this address or from this place.
        """
        address = fields.email("email", email)
        taken = ((RESET_BY_ADDRESS, call.info.client_address), (RESET_BY_EMAIL, _digest(address)))
        await limiting.take(self._limiter, "request_password_reset", taken)
        code = verifications.new_code()
        verification = Verification(
            id=ids.new_id(),
            purpose=Purpose.PASSWORD_RESET,
            email=address,
            code_hash=await self._hasher.hash(code),
            guesses_left=verifications.MAXIMUM_GUESSES,
            mails_left=verifications.MAXIMUM_MAILS - 1,
            code_expire_time=call.now + verifications.CODE_LIFETIME,
            resend_time=call.now + verifications.RESEND_AFTER,
            expire_time=call.now + verifications.FLOW_LIFETIME,
            create_time=call.now,
            pending=NO_ACCOUNT,
        )
        return ResetDraft(verification, mails.reset_mail(address, code, verifications.CODE_LIFETIME))

    async def start(self, tx: Transaction, call: Call, draft: ResetDraft) -> tuple[Verification, Mail | None]:
        """Keeps the reset; returns it with the mail to post after the commit, if somebody is to get one."""
        user = await tx.users.get_by_email(draft.verification.email)
        # Who has no password signs in with the identity provider, and shall not get a way around it. Looked up for
        # nobody as well: the time must not tell.
        has_password = await tx.users.get_password_hash(user.id if user else "") is not None
        is_known = user is not None and user.is_active and has_password
        purpose = Purpose.PASSWORD_RESET if is_known else Purpose.UNKNOWN_ADDRESS
        verification = replace(draft.verification, purpose=purpose)
        await tx.verifications.add(verification)
        await recording.done(tx, call, Action.REQUEST_PASSWORD_RESET, email=verification.email)
        return verification, draft.code_mail if is_known else None

    async def prove(self, call: Call, verification_id: str, code: str, new_password: str) -> ProvenReset:
        """Spends one guess; checks and hashes the new password if the code is right.

        Raises:
            PasswordTooWeak: the new password breaks a rule.
            VerificationCodeWrong: another code was mailed.
            VerificationNotUsable: used, expired, out of guesses or unknown.
            TooManyAttempts: too many from this place.
        """
        verification = await self._guess(call, verification_id, code, Purpose.PASSWORD_RESET, Action.RESET_PASSWORD)
        async with self._store(read_only=True) as tx:
            user = await tx.users.get_by_email(verification.email)
        if user is None:
            raise guess_code.not_usable()
        passwords.check("new_password", new_password, email=user.email, display_name=user.profile.display_name)
        return ProvenReset(verification, user, await self._hasher.hash(new_password))

    async def apply(self, tx: Transaction, call: Call, proven: ProvenReset) -> Mail:
        """Uses the reset up, writes the password and ends every session; returns the mail to post after the commit.

        Raises:
            VerificationNotUsable: used by another call meanwhile, or the account was disabled.
        """
        verification, user = proven.verification, proven.user
        current = await tx.users.get(user.id)
        is_usable = current is not None and current.is_active
        if not is_usable or not await tx.verifications.consume(verification.id, verification.code_hash, call.now):
            raise guess_code.not_usable()
        await tx.users.set_password_hash(user.id, proven.password_hash, call.now)
        ended = await tx.sessions.end_others(user.id, None, EndReason.PASSWORD_RESET, call.now)
        await tx.devices.forget_all(user.id)
        await recording.done(tx, call, Action.RESET_PASSWORD, f"users/{user.id}", actor=user, ended_sessions=str(ended))
        return mails.password_changed_mail(user.email)

    async def forgive(self, call: Call, proven: ProvenReset) -> None:
        """Lets the owner sign in with the new password at once, whatever was guessed before."""
        email_key = _digest(proven.user.email)
        place = limits.network(call.info.client_address)
        await self._limiter.forgive(SIGN_IN_BY_EMAIL, email_key)
        await self._limiter.forgive(SIGN_IN_BY_EMAIL_AND_NETWORK, f"{email_key} {place}")


def _digest(address: str) -> str:
    return hashlib.sha256(address.encode()).hexdigest()
