"""Mails a new code for a running verification."""

from __future__ import annotations

from dataclasses import replace

from loupe_auth.domain import mails, verifications
from loupe_auth.domain.calls import Call
from loupe_auth.domain.mails import Mail
from loupe_auth.domain.verifications import Purpose, Verification
from loupe_auth.ports import PasswordHasher, Transaction
from loupe_auth.use_cases import guess_code, limiting


class ResendVerification:
    """Renews codes.

    Args:
        hasher: hashes codes.
    """

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher

    async def draft(self) -> tuple[str, str]:
        """Returns a new code and its hash; made before the transaction, because hashing is slow."""
        code = verifications.new_code()
        return code, await self._hasher.hash(code)

    async def renew(
        self, tx: Transaction, call: Call, verification_id: str, draft: tuple[str, str]
    ) -> tuple[Verification, Mail | None]:
        """Replaces the code; returns the verification with the mail to post after the commit, if there is one.

        The guesses already spent stay spent, so a new code is no way to more of them.

        Raises:
            VerificationNotUsable: used, over, out of guesses or unknown.
            TooManyAttempts: earlier than permitted, or too many mails.
        """
        before = await tx.verifications.get(verification_id)
        if before is None or not before.can_continue(call.now):
            raise guess_code.not_usable()
        if call.now < before.resend_time:
            raise limiting.too_many("resend_verification", before.resend_time - call.now)
        if before.mails_left == 0:
            raise limiting.too_many("resend_verification", before.expire_time - call.now)
        code, code_hash = draft
        after = replace(
            before,
            code_hash=code_hash,
            mails_left=before.mails_left - 1,
            code_expire_time=call.now + verifications.CODE_LIFETIME,
            resend_time=call.now + verifications.RESEND_AFTER,
        )
        if not await tx.verifications.renew_code(before, after):
            raise limiting.too_many("resend_verification", verifications.RESEND_AFTER)
        return after, _mail(before, code)


def _mail(verification: Verification, code: str) -> Mail | None:
    minutes = int(verifications.CODE_LIFETIME.total_seconds() // 60)
    match verification.purpose:
        case Purpose.ALREADY_REGISTERED:
            return mails.already_registered_mail(verification.email)
        case Purpose.PASSWORD_RESET:
            return mails.reset_mail(verification.email, code, verifications.CODE_LIFETIME)
        case Purpose.UNKNOWN_ADDRESS:
            return None
    return mails.verification_mail(verification.email, code, minutes)
