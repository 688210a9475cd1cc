"""Running proofs of mailboxes in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_auth.adapters.sql import statements
from loupe_auth.adapters.sql.tables import VerificationRow
from loupe_auth.domain.verifications import PendingAccount, Purpose, Verification


class SqlVerificationRepository:
    """The port VerificationRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, verification: Verification) -> None:
        """Adds one."""
        await self._session.execute(insert(VerificationRow).values(**_values(verification)))

    async def get(self, verification_id: str) -> Verification | None:
        """Returns it, or None."""
        query = select(VerificationRow).where(VerificationRow.id == verification_id)
        row = await self._session.scalar(query.execution_options(populate_existing=True))
        return None if row is None else _verification(row)

    async def take_guess(self, verification_id: str, now: datetime) -> Verification | None:
        """Spends one guess; returns the verification after it, or None when it is not usable."""
        # The update comes first and decides: nothing that was read before can be out of date.
        statement = (
            update(VerificationRow)
            .where(
                VerificationRow.id == verification_id,
                VerificationRow.guesses_left > 0,
                VerificationRow.consume_time.is_(None),
                VerificationRow.code_expire_time > now,
                VerificationRow.expire_time > now,
            )
            .values(guesses_left=VerificationRow.guesses_left - 1)
        )
        if not await statements.changes_one(self._session, statement):
            return None
        return await self.get(verification_id)

    async def consume(self, verification_id: str, code_hash: str, now: datetime) -> bool:
        """Marks it as used; returns False when it was used meanwhile or has another code now."""
        statement = (
            update(VerificationRow)
            .where(
                VerificationRow.id == verification_id,
                VerificationRow.code_hash == code_hash,
                VerificationRow.consume_time.is_(None),
            )
            .values(consume_time=now)
        )
        return await statements.changes_one(self._session, statement)

    async def renew_code(self, before: Verification, after: Verification) -> bool:
        """Writes code, times and mails left of `after`; returns False when `before` is no longer what is stored."""
        statement = (
            update(VerificationRow)
            .where(
                VerificationRow.id == before.id,
                VerificationRow.code_hash == before.code_hash,
                VerificationRow.consume_time.is_(None),
            )
            .values(
                code_hash=after.code_hash,
                mails_left=after.mails_left,
                code_expire_time=after.code_expire_time,
                resend_time=after.resend_time,
            )
        )
        return await statements.changes_one(self._session, statement)


def _values(verification: Verification) -> dict[str, object]:
    pending = verification.pending
    return {
        "id": verification.id,
        "purpose": verification.purpose.value,
        "email": verification.email,
        "code_hash": verification.code_hash,
        "guesses_left": verification.guesses_left,
        "mails_left": verification.mails_left,
        "code_expire_time": verification.code_expire_time,
        "resend_time": verification.resend_time,
        "expire_time": verification.expire_time,
        "create_time": verification.create_time,
        "consume_time": verification.consume_time,
        "display_name": pending.display_name,
        "department_id": pending.department_id,
        "department_display_name": pending.department_display_name,
        "duty": pending.duty,
        "location": pending.location,
        "password_hash": pending.password_hash,
    }


def _verification(row: VerificationRow) -> Verification:
    return Verification(
        id=row.id,
        purpose=Purpose(row.purpose),
        email=row.email,
        code_hash=row.code_hash,
        guesses_left=row.guesses_left,
        mails_left=row.mails_left,
        code_expire_time=row.code_expire_time,
        resend_time=row.resend_time,
        expire_time=row.expire_time,
        create_time=row.create_time,
        consume_time=row.consume_time,
        pending=PendingAccount(
            display_name=row.display_name,
            department_id=row.department_id,
            department_display_name=row.department_display_name,
            duty=row.duty,
            location=row.location,
            password_hash=row.password_hash,
        ),
    )
