"""Verification: an address that has an account cannot be verified, not even with the right code."""

from __future__ import annotations

from typing import Any

import pytest

from loupe_auth.domain.errors import EmailTaken, VerificationCodeWrong, VerificationNotUsable
from loupe_auth.domain.verifications import Purpose, Verification
from loupe_auth.ports import Store
from loupe_auth.use_cases.guess_code import GuessCode
from loupe_auth.use_cases.verify_email import VerifyEmail
from loupe_kit.testing import FakeClock
from tests.contract.auth import factories
from tests.unit.auth import fakes
from tests.unit.auth.fakes import NoLimits, QuickHasher


@pytest.fixture
def verify(store: Store) -> VerifyEmail:
    return VerifyEmail(GuessCode(store, QuickHasher(), NoLimits()))


async def _keep(store: Store, clock: FakeClock, **changes: Any) -> Verification:
    times = {
        name: getattr(factories.verification(), name) - factories.NOW + clock.now()
        for name in ("code_expire_time", "expire_time")
    }
    verification = factories.verification(code_hash="hash1:12345678", **(times | changes))
    async with store() as tx:
        await tx.verifications.add(verification)
        await tx.commit()
    return verification


async def test_guess__right_code(store: Store, clock: FakeClock, verify: VerifyEmail) -> None:
    kept = await _keep(store, clock)
    call = fakes.anonymous(clock)

    proven = await verify.guess(call, kept.id, "1234-5678")
    async with store() as tx:
        user = await verify.create_account(tx, call, proven)
        await tx.commit()

    assert (user.email, user.department_display_name) == (kept.email, "")
    assert user.requested_department_display_name == "Quality"
    assert [event.action for event in await fakes.events(store)] == [
        "account.verify_email",
        "department.create",
        "department.request_membership",
    ]


async def test_guess__address_with_an_account(store: Store, clock: FakeClock, verify: VerifyEmail) -> None:
    kept = await _keep(store, clock, purpose=Purpose.ALREADY_REGISTERED)

    with pytest.raises(VerificationCodeWrong):
        await verify.guess(fakes.anonymous(clock), kept.id, "12345678")


async def test_guess__unknown_verification(clock: FakeClock, verify: VerifyEmail) -> None:
    with pytest.raises(VerificationNotUsable):
        await verify.guess(fakes.anonymous(clock), "none", "12345678")


async def test_create_account__second_of_two_sign_ups(store: Store, clock: FakeClock, verify: VerifyEmail) -> None:
    call = fakes.anonymous(clock)
    for kept in (await _keep(store, clock), await _keep(store, clock)):
        proven = await verify.guess(call, kept.id, "12345678")
        async with store() as tx:
            if not await tx.users.get_by_email(kept.email):
                await verify.create_account(tx, call, proven)
                await tx.commit()
                continue
            with pytest.raises(EmailTaken):
                await verify.create_account(tx, call, proven)
