"""Checks a mailed code: each guess is spent before it is looked at."""

from __future__ import annotations

from loupe_auth.domain import verifications
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import VerificationCodeWrong, VerificationNotUsable
from loupe_auth.domain.limits import VERIFY_BY_ADDRESS
from loupe_auth.domain.verifications import Purpose, Verification
from loupe_auth.ports import PasswordHasher, RateLimiter, Store
from loupe_auth.use_cases import limiting, recording
from loupe_kit.errors import FieldViolation


class GuessCode:
    """Checks codes.

    Args:
        store: where verifications are.
        hasher: checks codes.
        limiter: bounds how many codes one place may have checked.
    """

    def __init__(self, store: Store, hasher: PasswordHasher, limiter: RateLimiter) -> None:
        self._store = store
        self._hasher = hasher
        self._limiter = limiter

    async def __call__(
        self, call: Call, verification_id: str, code: str, purpose: Purpose, action: Action
    ) -> Verification:
        """Spends one guess and returns the verification if the code is right.

        The guess is committed before the code is looked at: any number of guesses at the same moment are at most five.

        Args:
            call: the call.
            verification_id: which verification.
            code: as typed.
            purpose: what the code must have been mailed for.
            action: what is tried, for limits and audit.

        Raises:
            VerificationCodeWrong: another code was mailed.
            VerificationNotUsable: used, expired, out of guesses or unknown.
            TooManyAttempts: too many from this place.
        """
        await limiting.take(self._limiter, action.partition(".")[2], [(VERIFY_BY_ADDRESS, call.info.client_address)])
        async with self._store() as tx:
            verification = await tx.verifications.take_guess(verification_id, call.now)
            await tx.commit()
        if verification is None:
            raise not_usable()
        right = await self._hasher.verify(verification.code_hash, verifications.clean_code(code))
        if right and verification.purpose is purpose:
            return verification
        await recording.refused(self._store, call, action, VerificationCodeWrong.reason, email=verification.email)
        if verification.guesses_left == 0:
            raise not_usable()
        raise _wrong(verification.guesses_left)


def not_usable() -> VerificationNotUsable:
    """Returns the one answer for a verification that is used, expired, out of guesses or unknown."""
    return VerificationNotUsable("This code can no longer be used; ask for a new one.")


def _wrong(guesses_left: int) -> VerificationCodeWrong:
    tries = "1 more try is" if guesses_left == 1 else f"{guesses_left} more tries are"
    return VerificationCodeWrong(
        f"That is not the code we mailed; {tries} possible.",
        fields=[FieldViolation("code", "is not the mailed code")],
        guesses_left=str(guesses_left),
    )
