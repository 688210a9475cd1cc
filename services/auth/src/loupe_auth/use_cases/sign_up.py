"""Starts an account and mails a code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from loupe_auth.domain import fields, mails, passwords, verifications
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import DepartmentNotFound
from loupe_auth.domain.limits import SIGN_UP_BY_ADDRESS, SIGN_UP_BY_EMAIL
from loupe_auth.domain.mails import Mail
from loupe_auth.domain.verifications import PendingAccount, Purpose, Verification
from loupe_auth.ports import PasswordHasher, RateLimiter, Transaction
from loupe_auth.use_cases import limiting, recording
from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument


@dataclass(frozen=True)
class SignUpForm:
    """What a person typed."""

    email: str
    password: str
    display_name: str
    department_id: str | None
    department_display_name: str
    duty: str
    location: str


@dataclass(frozen=True)
class SignUpDraft:
    """What a checked form becomes; made before the transaction, because hashing is slow."""

    verification: Verification
    code_mail: Mail


class SignUp:
    """Starts accounts.

    Args:
        hasher: hashes passwords and codes.
        limiter: counts sign-ups by address.
        domains: mail domains to accept; empty: every domain.
        open_departments: whether an unknown department name may be given; it is created once the mailbox is proven.
    """

    def __init__(
        self, hasher: PasswordHasher, limiter: RateLimiter, *, domains: Collection[str], open_departments: bool
    ) -> None:
        self._hasher = hasher
        self._limiter = limiter
        self._domains = domains
        self._open_departments = open_departments

    async def draft(self, call: Call, form: SignUpForm) -> SignUpDraft:
        """Checks and hashes; does the same work for known and unknown addresses, because it does not look.

        Raises:
            InvalidArgument: a field breaks its rule.
            TooManyAttempts: too many sign-ups with this address or from this place.
        """
        clean = _clean(form, self._domains)
        limits = ((SIGN_UP_BY_ADDRESS, call.info.client_address), (SIGN_UP_BY_EMAIL, clean.email))
        await limiting.take(self._limiter, "sign_up", limits)
        code = verifications.new_code()
        verification = Verification(
            id=ids.new_id(),
            purpose=Purpose.SIGN_UP,
            email=clean.email,
            code_hash=await self._hasher.hash(code),
            guesses_left=verifications.MAXIMUM_GUESSES,
            mails_left=verifications.MAXIMUM_MAILS - 1,
            code_expire_time=call.now + verifications.CODE_LIFETIME,
            resend_time=call.now + verifications.RESEND_AFTER,
            expire_time=call.now + verifications.FLOW_LIFETIME,
            create_time=call.now,
            pending=PendingAccount(
                display_name=clean.display_name,
                department_id=clean.department_id,
                department_display_name=clean.department_display_name,
                duty=clean.duty,
                location=clean.location,
                password_hash=await self._hasher.hash(clean.password),
            ),
        )
        minutes = int(verifications.CODE_LIFETIME.total_seconds() // 60)
        return SignUpDraft(verification, mails.verification_mail(clean.email, code, minutes))

    async def start(self, tx: Transaction, call: Call, draft: SignUpDraft) -> tuple[Verification, Mail]:
        """Keeps the verification; returns it with the mail to post after the commit.

        Raises:
            DepartmentNotFound: no such department, and unknown ones are not accepted.
        """
        verification = await self._with_department(tx, draft.verification)
        mail = draft.code_mail
        if await tx.users.get_by_email(verification.email) is not None:
            verification = replace(verification, purpose=Purpose.ALREADY_REGISTERED)
            mail = mails.already_registered_mail(verification.email)
        await tx.verifications.add(verification)
        await recording.done(tx, call, Action.SIGN_UP, email=verification.email)
        return verification, mail

    async def _with_department(self, tx: Transaction, verification: Verification) -> Verification:
        pending = verification.pending
        if pending.department_id is not None:
            if await tx.departments.get(pending.department_id) is None:
                raise _no_department(f"departments/{pending.department_id}", "department")
        elif pending.department_display_name:
            known = await tx.departments.get_by_name(pending.department_display_name)
            if known is not None:
                return replace(verification, pending=replace(pending, department_id=known.id))
            if not self._open_departments:
                raise _no_department(pending.department_display_name, "department_display_name")
        return verification


def _clean(form: SignUpForm, domains: Collection[str]) -> SignUpForm:
    if form.department_id is not None and form.department_display_name:
        raise InvalidArgument(
            "Give the department by resource name or by display name, not both.",
            fields=[FieldViolation("department_display_name", "must be empty when department is set")],
        )
    clean = SignUpForm(
        email=fields.email("email", form.email, domains=domains),
        password=form.password,
        display_name=fields.line("display_name", form.display_name, required=True),
        department_id=form.department_id,
        department_display_name=fields.line("department_display_name", form.department_display_name),
        duty=fields.line("duty", form.duty),
        location=fields.line("location", form.location),
    )
    passwords.check("password", clean.password, email=clean.email, display_name=clean.display_name)
    return clean


def _no_department(name: str, field: str) -> DepartmentNotFound:
    return DepartmentNotFound(
        f"There is no department {name!r}; choose one from the list of departments or leave it empty.",
        fields=[FieldViolation(field, "is not an existing department")],
        name=name,
    )
