"""A person's way: sign up, code from the mailbox, verify, sign in, me, refresh, reuse detection, sign out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable
from datetime import timedelta

import grpc
import pytest

from loupe.auth.v1 import account_service_pb2 as pb
from loupe.auth.v1 import user_pb2
from loupe_kit import status
from loupe_kit.errors import Code, RemoteError
from loupe_kit.testing import bearer
from tests.integration.auth.conftest import PASSWORD, Auth

ADA = "ada@plant.example"


async def refusal(call: Awaitable[object]) -> RemoteError:
    """Returns the error that a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return status.from_rpc_error(caught.value)


async def test_journey__sign_up_to_sign_out(auth: Auth) -> None:
    verified = await auth.sign_up(ADA, department_display_name="Quality", duty="line engineer", location="Plant 2")
    assert verified.user.email == ADA
    assert (verified.user.department, verified.user.requested_department_display_name) == ("", "Quality")
    assert verified.user.role == user_pb2.ROLE_MEMBER

    tokens = await auth.sign_in(" ADA@plant.example ")
    assert tokens.user == verified.user
    assert tokens.access_token_expire_time.seconds - int(auth.clock.now().timestamp()) == 600
    me = await auth.accounts.GetMe(pb.GetMeRequest(), metadata=bearer(tokens.access_token))
    assert me == verified.user

    renewed = await auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=tokens.refresh_token))
    assert renewed.session == tokens.session
    assert renewed.refresh_token != tokens.refresh_token

    await auth.accounts.SignOut(pb.SignOutRequest(refresh_token=renewed.refresh_token))
    gone = await refusal(auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=renewed.refresh_token)))
    assert (gone.code, gone.reason) == (Code.UNAUTHENTICATED, "SESSION_ENDED")
    gone = await refusal(auth.accounts.GetMe(pb.GetMeRequest(), metadata=bearer(renewed.access_token)))
    assert gone.reason == "SESSION_ENDED"


async def test_sign_up__known_address_gets_the_same_answer_and_another_mail(auth: Auth) -> None:
    await auth.sign_up(ADA)

    again = await auth.accounts.SignUp(pb.SignUpRequest(email=ADA, password=PASSWORD, display_name="Eve"))

    to, text = await auth.mail()
    assert to == ADA
    assert "already have a Loupe account" in text
    assert again.verification
    assert again.HasField("code_expire_time")
    assert again.HasField("resend_time")
    for guesses_left in "4321":
        wrong = await refusal(
            auth.accounts.VerifyEmail(pb.VerifyEmailRequest(verification=again.verification, code="00000000"))
        )
        assert (wrong.reason, wrong.metadata["guesses_left"]) == ("VERIFICATION_CODE_WRONG", guesses_left)


async def test_verify_email__five_wrong_guesses_end_it(auth: Auth) -> None:
    started = await auth.accounts.SignUp(pb.SignUpRequest(email=ADA, password=PASSWORD, display_name="Ada"))
    code = await auth.code()
    wrong = str((int(code.replace(" ", "")) + 1) % 10**8).zfill(8)

    answers = await asyncio.gather(
        *(
            refusal(auth.accounts.VerifyEmail(pb.VerifyEmailRequest(verification=started.verification, code=wrong)))
            for _ in range(12)
        )
    )
    last = await refusal(auth.accounts.VerifyEmail(pb.VerifyEmailRequest(verification=started.verification, code=code)))

    assert sorted(a.metadata["guesses_left"] for a in answers if a.reason == "VERIFICATION_CODE_WRONG") == list("1234")
    assert last.reason == "VERIFICATION_NOT_USABLE"


async def test_verify_email__code_expires_and_resend_renews_it(auth: Auth) -> None:
    started = await auth.accounts.SignUp(pb.SignUpRequest(email=ADA, password=PASSWORD, display_name="Ada"))
    first = await auth.code()
    early = await refusal(
        auth.accounts.ResendVerification(pb.ResendVerificationRequest(verification=started.verification))
    )
    auth.later(minutes=10)
    late = await refusal(
        auth.accounts.VerifyEmail(pb.VerifyEmailRequest(verification=started.verification, code=first))
    )

    await auth.accounts.ResendVerification(pb.ResendVerificationRequest(verification=started.verification))
    second = await auth.code()
    verified = await auth.accounts.VerifyEmail(pb.VerifyEmailRequest(verification=started.verification, code=second))
    twice = await refusal(
        auth.accounts.VerifyEmail(pb.VerifyEmailRequest(verification=started.verification, code=second))
    )

    assert early.reason == "TOO_MANY_ATTEMPTS"
    assert early.retry_after
    assert late.reason == twice.reason == "VERIFICATION_NOT_USABLE"
    assert verified.user.email == ADA


async def test_verify_email__a_repeat_of_the_request_gets_the_first_answer(auth: Auth) -> None:
    request_id = str(uuid.uuid4())
    sign_up = pb.SignUpRequest(email=ADA, password=PASSWORD, display_name="Ada", request_id=request_id)
    started = await auth.accounts.SignUp(sign_up)
    assert await auth.accounts.SignUp(sign_up) == started
    verify = pb.VerifyEmailRequest(verification=started.verification, code=await auth.code(), request_id=request_id)

    assert await auth.accounts.VerifyEmail(verify) == await auth.accounts.VerifyEmail(verify)


async def test_refresh__fifty_at_once_give_one_successor_and_late_reuse_ends_the_session(auth: Auth) -> None:
    await auth.sign_up(ADA)
    tokens = await auth.sign_in(ADA)
    request = pb.RefreshSessionRequest(refresh_token=tokens.refresh_token)

    answers = await asyncio.gather(*(auth.accounts.RefreshSession(request) for _ in range(50)))
    assert len({answer.refresh_token for answer in answers}) == 1
    successor = answers[0].refresh_token
    await auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=successor))

    auth.later(seconds=11)
    reused = await refusal(auth.accounts.RefreshSession(request))
    ended = await refusal(auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=successor)))
    assert (reused.code, reused.reason) == (Code.UNAUTHENTICATED, "REFRESH_TOKEN_REUSED")
    assert ended.reason == "SESSION_ENDED"


async def test_refresh__sessions_have_an_absolute_end(auth: Auth) -> None:
    await auth.sign_up(ADA)
    tokens = await auth.sign_in(ADA)
    renewed = tokens
    for _ in range(3):
        auth.later(days=9)
        renewed = await auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=renewed.refresh_token))
        assert renewed.session_expire_time == tokens.session_expire_time

    auth.later(days=3)
    over = await refusal(auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=renewed.refresh_token)))

    assert renewed.refresh_token_expire_time == tokens.session_expire_time
    assert over.reason == "REFRESH_TOKEN_INVALID"


async def test_sign_in__guessing_is_slowed_and_the_owner_elsewhere_is_not(auth: Auth) -> None:
    await auth.sign_up(ADA)
    wrong = pb.SignInRequest(email=ADA, password="not the password")
    guesser = (("x-forwarded-for", "203.0.113.7"),)

    reasons = [(await refusal(auth.accounts.SignIn(wrong, metadata=guesser))).reason for _ in range(6)]
    right = pb.SignInRequest(email=ADA, password=PASSWORD)
    slowed = await refusal(auth.accounts.SignIn(right, metadata=guesser))

    assert reasons == ["INVALID_CREDENTIALS"] * 5 + ["TOO_MANY_ATTEMPTS"]
    assert slowed.reason == "TOO_MANY_ATTEMPTS"
    await auth.accounts.SignIn(right, metadata=(("x-forwarded-for", "198.51.100.4"),))
    auth.later(seconds=2)
    await refusal(auth.accounts.SignIn(wrong, metadata=guesser))
    auth.later(seconds=3)
    longer = await refusal(auth.accounts.SignIn(right, metadata=guesser))
    assert (longer.reason, longer.retry_after) == ("TOO_MANY_ATTEMPTS", timedelta(seconds=1))
    auth.later(seconds=1)
    await auth.accounts.SignIn(right, metadata=guesser)


async def test_sign_in__known_browser_is_not_slowed_by_guessing_in_its_own_network(auth: Auth) -> None:
    await auth.sign_up(ADA)
    known = (await auth.sign_in(ADA)).device_token
    for _ in range(8):
        await refusal(auth.accounts.SignIn(pb.SignInRequest(email=ADA, password="not the password")))

    strange = await refusal(auth.sign_in(ADA))
    at_home = await auth.accounts.SignIn(pb.SignInRequest(email=ADA, password=PASSWORD, device_token=known))

    assert strange.reason == "TOO_MANY_ATTEMPTS"
    assert at_home.device_token == ""


async def test_sign_in__guesses_at_the_same_moment_are_no_more_than_the_free_ones(auth: Auth) -> None:
    await auth.sign_up(ADA)
    wrong = pb.SignInRequest(email=ADA, password="not the password")

    refusals = await asyncio.gather(*(refusal(auth.accounts.SignIn(wrong)) for _ in range(40)))

    assert sorted(error.reason for error in refusals).count("INVALID_CREDENTIALS") == 5


async def test_sign_in__unknown_address_and_wrong_password_look_the_same(auth: Auth) -> None:
    await auth.sign_up(ADA)

    unknown = await refusal(auth.accounts.SignIn(pb.SignInRequest(email="who@plant.example", password=PASSWORD)))
    wrong = await refusal(auth.accounts.SignIn(pb.SignInRequest(email=ADA, password="another password")))

    assert (unknown.code, unknown.reason, unknown.message) == (wrong.code, wrong.reason, wrong.message)
    assert unknown.reason == "INVALID_CREDENTIALS"


async def test_change_password__ends_the_other_sessions(auth: Auth) -> None:
    await auth.sign_up(ADA)
    here, there = await auth.sign_in(ADA), await auth.sign_in(ADA)
    change = pb.ChangePasswordRequest(current_password=PASSWORD, new_password="nine purple elephants")

    done = await auth.accounts.ChangePassword(change, metadata=bearer(here.access_token))

    assert done.ended_session_count == 1
    gone = await refusal(auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=there.refresh_token)))
    assert gone.reason == "SESSION_ENDED"
    await auth.accounts.RefreshSession(pb.RefreshSessionRequest(refresh_token=here.refresh_token))
    assert (await refusal(auth.accounts.SignIn(pb.SignInRequest(email=ADA, password=PASSWORD)))).reason
    await auth.sign_in(ADA, "nine purple elephants")
    wrong = await refusal(auth.accounts.ChangePassword(change, metadata=bearer(here.access_token)))
    assert (wrong.reason, wrong.fields[0].field) == ("CURRENT_PASSWORD_WRONG", "current_password")


async def test_update_me__changes_what_the_mask_names(auth: Auth) -> None:
    await auth.sign_up(ADA, duty="engineer", location="Plant 2")
    me = await auth.as_person(ADA)
    request = pb.UpdateMeRequest(user=user_pb2.User(duty="lead", location="ignored", etag="1"))
    request.update_mask.paths.append("duty")

    changed = await auth.accounts.UpdateMe(request, metadata=me)
    stale = await refusal(auth.accounts.UpdateMe(request, metadata=me))
    request.update_mask.paths.append("role")
    readonly = await refusal(auth.accounts.UpdateMe(request, metadata=me))

    assert (changed.duty, changed.location, changed.etag) == ("lead", "Plant 2", "2")
    assert (stale.code, stale.reason) == (Code.ABORTED, "ETAG_MISMATCH")
    assert (readonly.code, readonly.fields[0].field) == (Code.INVALID_ARGUMENT, "update_mask")


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"email": "nobody"}, "email", "INVALID_ARGUMENT"),
        ({"password": "password1234"}, "password", "PASSWORD_TOO_WEAK"),
        ({"password": "short"}, "password", "PASSWORD_TOO_WEAK"),
        ({"display_name": "  "}, "display_name", "INVALID_ARGUMENT"),
        ({"duty": "x" * 101}, "duty", "INVALID_ARGUMENT"),
        ({"department": "departments/none"}, "department", "INVALID_ARGUMENT"),
        ({"department": "departments/01890a5d-ac96-774b-bcce-b302099a8057"}, "department", "DEPARTMENT_NOT_FOUND"),
        ({"request_id": "seven"}, "request_id", "INVALID_ARGUMENT"),
    ],
)
async def test_sign_up__names_the_field_at_fault(auth: Auth, change: dict[str, str], field: str, reason: str) -> None:
    good = {"email": ADA, "password": PASSWORD, "display_name": "Ada"}

    error = await refusal(auth.accounts.SignUp(pb.SignUpRequest(**(good | change))))

    assert (error.reason, [violation.field for violation in error.fields]) == (reason, [field])
