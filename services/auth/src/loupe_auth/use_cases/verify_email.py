"""Proves a mailbox with the mailed code and creates the account."""

from __future__ import annotations

from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import EmailTaken
from loupe_auth.domain.users import Department, Profile, User, UserState
from loupe_auth.domain.verifications import PendingAccount, Purpose, Verification
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import guess_code, memberships, recording
from loupe_auth.use_cases.guess_code import GuessCode
from loupe_kit import ids
from loupe_kit.caller import Role


class VerifyEmail:
    """Checks codes and creates accounts.

    Args:
        guess_code: checks codes.
    """

    def __init__(self, guess_code: GuessCode) -> None:
        self._guess_code = guess_code

    async def guess(self, call: Call, verification_id: str, code: str) -> Verification:
        """Spends one guess and returns the verification if the code is right; raises what GuessCode raises."""
        return await self._guess_code(call, verification_id, code, Purpose.SIGN_UP, Action.VERIFY_EMAIL)

    async def create_account(self, tx: Transaction, call: Call, verification: Verification) -> User:
        """Uses the verification up and creates the account.

        Raises:
            VerificationNotUsable: used by another call meanwhile.
            EmailTaken: the address was verified in another sign-up meanwhile.
        """
        if not await tx.verifications.consume(verification.id, verification.code_hash, call.now):
            raise guess_code.not_usable()
        user = new_user(call, verification.email, verification.pending, Role.MEMBER)
        if not await tx.users.add(user, verification.pending.password_hash):
            raise EmailTaken("This address already has an account; sign in with its password.")
        await recording.done(tx, call, Action.VERIFY_EMAIL, f"users/{user.id}", actor=user, email=user.email)
        department = await _wanted_department(tx, call, verification.pending)
        return user if department is None else await memberships.request(tx, call, user, department, actor=user)


def new_user(call: Call, email: str, pending: PendingAccount, role: Role) -> User:
    """Returns a person who did not exist before and belongs to no department yet."""
    return User(
        id=ids.new_id(),
        email=email,
        profile=Profile(
            display_name=pending.display_name,
            department_id=None,
            duty=pending.duty,
            location=pending.location,
        ),
        role=role,
        state=UserState.ACTIVE,
        create_time=call.now,
        update_time=call.now,
        version=1,
    )


async def _wanted_department(tx: Transaction, call: Call, pending: PendingAccount) -> Department | None:
    """Returns the department that the person asks to join; one that vanished since sign-up is none."""
    if pending.department_id is not None:
        return await tx.departments.get(pending.department_id)
    if not pending.department_display_name:
        return None
    known = await tx.departments.get_by_name(pending.department_display_name)
    if known is not None:
        return known
    department = Department(
        id=ids.new_id(),
        display_name=pending.department_display_name,
        description="",
        create_time=call.now,
        update_time=call.now,
        version=1,
    )
    if not await tx.departments.add(department):
        return await tx.departments.get_by_name(pending.department_display_name)
    await recording.done(
        tx, call, Action.CREATE_DEPARTMENT, f"departments/{department.id}", display_name=department.display_name
    )
    return department
