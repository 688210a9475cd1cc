"""A forgotten password: a mailed code sets a new one and ends every session."""

from __future__ import annotations

import asyncio

import pytest

from loupe.auth.v1 import account_service_pb2 as pb
from loupe_kit.testing import bearer
from tests.integration.auth.conftest import PASSWORD, Auth
from tests.integration.auth.test_account_journey import refusal

ADA = "ada@plant.example"
NEW = "nine purple elephants"


async def _ask(auth: Auth, address: str = ADA) -> pb.RequestPasswordResetResponse:
    return await auth.accounts.RequestPasswordReset(pb.RequestPasswordResetRequest(email=address))


async def test_reset__new_password_and_every_session_ends(auth: Auth) -> None:
    await auth.sign_up(ADA)
    tokens = await auth.sign_in(ADA)
    started = await _ask(auth, " Ada@Plant.example")
    request = pb.ResetPasswordRequest(verification=started.verification, code=await auth.code(), new_password=NEW)

    await auth.accounts.ResetPassword(request)

    refresh = pb.RefreshSessionRequest(refresh_token=tokens.refresh_token)
    assert (await refusal(auth.accounts.RefreshSession(refresh))).reason == "SESSION_ENDED"
    me = await refusal(auth.accounts.GetMe(pb.GetMeRequest(), metadata=bearer(tokens.access_token)))
    assert me.reason in {"SESSION_ENDED", "UNAUTHENTICATED"}
    assert (await refusal(auth.sign_in(ADA, PASSWORD))).reason == "INVALID_CREDENTIALS"
    assert (await auth.sign_in(ADA, NEW)).user.email == ADA
    assert "was changed" in (await auth.mail())[1]
    assert (await refusal(auth.accounts.ResetPassword(request))).reason == "VERIFICATION_NOT_USABLE"


async def test_reset__unknown_address_gets_the_same_answer_and_no_mail(auth: Auth) -> None:
    await auth.sign_up(ADA)
    known, unknown = await _ask(auth), await _ask(auth, "who@plant.example")

    assert known.code_expire_time == unknown.code_expire_time
    assert known.resend_time == unknown.resend_time
    assert (await auth.mail())[0] == ADA
    await asyncio.sleep(0.1)
    assert set(auth.mailbox.glob("*.eml")) == auth.read
    guess = pb.ResetPasswordRequest(verification=unknown.verification, code="00000000", new_password=NEW)
    wrong = await refusal(auth.accounts.ResetPassword(guess))
    assert (wrong.reason, wrong.metadata["guesses_left"]) == ("VERIFICATION_CODE_WRONG", "4")
    auth.later(seconds=61)
    again = pb.ResendVerificationRequest(verification=unknown.verification)
    assert (await auth.accounts.ResendVerification(again)).HasField("resend_time")


async def test_reset__guesses_at_once_are_five(auth: Auth) -> None:
    await auth.sign_up(ADA)
    started = await _ask(auth)
    guess = pb.ResetPasswordRequest(verification=started.verification, code="00000000", new_password=NEW)

    refusals = await asyncio.gather(*(refusal(auth.accounts.ResetPassword(guess)) for _ in range(30)))

    assert sum(error.reason == "VERIFICATION_CODE_WRONG" for error in refusals) <= 4
    last = guess.__class__(verification=started.verification, code=await auth.code(), new_password=NEW)
    assert (await refusal(auth.accounts.ResetPassword(last))).reason == "VERIFICATION_NOT_USABLE"


async def test_reset__weak_password_leaves_the_code_usable_and_resend_mails_another(auth: Auth) -> None:
    await auth.sign_up(ADA)
    started = await _ask(auth)
    first = await auth.code()
    weak = pb.ResetPasswordRequest(verification=started.verification, code=first, new_password="lovelace ada")
    assert (await refusal(auth.accounts.ResetPassword(weak))).reason == "PASSWORD_TOO_WEAK"
    auth.later(seconds=61)
    await auth.accounts.ResendVerification(pb.ResendVerificationRequest(verification=started.verification))

    strong = pb.ResetPasswordRequest(verification=started.verification, code=await auth.code(), new_password=NEW)
    await auth.accounts.ResetPassword(strong)

    assert (await auth.sign_in(ADA, NEW)).user.email == ADA


async def test_reset__code_of_a_sign_up_does_not_do(auth: Auth) -> None:
    started = await auth.accounts.SignUp(pb.SignUpRequest(email=ADA, password=PASSWORD, display_name="Ada"))
    request = pb.ResetPasswordRequest(verification=started.verification, code=await auth.code(), new_password=NEW)

    assert (await refusal(auth.accounts.ResetPassword(request))).reason == "VERIFICATION_CODE_WRONG"


async def test_reset__mails_are_limited(auth: Auth) -> None:
    for _ in range(5):
        await _ask(auth)

    assert (await refusal(_ask(auth))).reason == "TOO_MANY_ATTEMPTS"


async def test_options__say_what_the_page_offers(auth: Auth) -> None:
    options = await auth.accounts.GetSignInOptions(pb.GetSignInOptionsRequest())

    assert (options.oidc_display_name, options.departments_are_open) == ("", True)


@pytest.mark.parametrize("address", ["", "no address"])
async def test_reset__wants_an_address(auth: Auth, address: str) -> None:
    assert (await refusal(_ask(auth, address))).fields[0].field == "email"
