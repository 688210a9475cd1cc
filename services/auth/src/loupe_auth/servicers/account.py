"""AccountService: from sign-up to sign-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loupe.auth.v1 import account_service_pb2 as pb
from loupe.auth.v1 import account_service_pb2_grpc, user_pb2
from loupe_auth import convert
from loupe_auth.domain.mails import Mail, password_changed_mail
from loupe_auth.ports import Mailer, Store, Transaction
from loupe_auth.servicers.calls import CallReader, Context, Once
from loupe_auth.use_cases import acting, update_me
from loupe_auth.use_cases.change_password import ChangePassword
from loupe_auth.use_cases.refresh_session import RefreshSession
from loupe_auth.use_cases.resend_verification import ResendVerification
from loupe_auth.use_cases.reset_password import ResetPassword
from loupe_auth.use_cases.sign_in import SignIn
from loupe_auth.use_cases.sign_out import sign_out
from loupe_auth.use_cases.sign_up import SignUp, SignUpForm
from loupe_auth.use_cases.verify_email import VerifyEmail
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.AccountService"
ACCESS: AccessTable = {
    f"{_PREFIX}/SignUp": Access.PUBLIC,
    f"{_PREFIX}/VerifyEmail": Access.PUBLIC,
    f"{_PREFIX}/ResendVerification": Access.PUBLIC,
    f"{_PREFIX}/SignIn": Access.PUBLIC,
    f"{_PREFIX}/RefreshSession": Access.PUBLIC,
    f"{_PREFIX}/SignOut": Access.PUBLIC,
    f"{_PREFIX}/RequestPasswordReset": Access.PUBLIC,
    f"{_PREFIX}/ResetPassword": Access.PUBLIC,
    f"{_PREFIX}/GetSignInOptions": Access.PUBLIC,
    f"{_PREFIX}/GetMe": Access.USER,
    f"{_PREFIX}/UpdateMe": Access.USER,
    f"{_PREFIX}/ChangePassword": Access.USER,
}


@dataclass(frozen=True)
class AccountUseCases:
    """What the servicer calls."""

    sign_up: SignUp
    verify_email: VerifyEmail
    resend_verification: ResendVerification
    sign_in: SignIn
    refresh_session: RefreshSession
    change_password: ChangePassword
    reset_password: ResetPassword
    options: pb.SignInOptions
    """What GetSignInOptions answers."""


class AccountServicer(account_service_pb2_grpc.AccountServiceServicer):
    """Accounts and sessions of people.

    Args:
        use_cases: what it calls.
        store: for what only reads or needs no request id.
        once: for changes.
        mailer: gets the mails, after the commit.
        calls: reads who calls.
    """

    def __init__(self, use_cases: AccountUseCases, store: Store, once: Once, mailer: Mailer, calls: CallReader) -> None:
        self._use = use_cases
        self._store = store
        self._once = once
        self._mailer = mailer
        self._calls = calls

    async def SignUp(self, request: pb.SignUpRequest, context: Context) -> pb.SignUpResponse:
        call = self._calls.read(context)
        method = f"{_PREFIX}/SignUp"
        known = await self._once.first_answer(call.caller, method, request, pb.SignUpResponse)
        if known is not None:
            return known
        draft = await self._use.sign_up.draft(call, _form(request))
        mails: list[Mail | None] = []

        async def start(tx: Transaction) -> pb.SignUpResponse:
            verification, mail = await self._use.sign_up.start(tx, call, draft)
            mails.append(mail)
            return pb.SignUpResponse(
                verification=verification.id,
                code_expire_time=convert.timestamp(verification.code_expire_time),
                resend_time=convert.timestamp(verification.resend_time),
            )

        answer = await self._once.change(call.caller, method, request, start, pb.SignUpResponse)
        self._post(mails)
        return answer

    async def VerifyEmail(self, request: pb.VerifyEmailRequest, context: Context) -> pb.VerifyEmailResponse:
        call = self._calls.read(context)
        method = f"{_PREFIX}/VerifyEmail"
        known = await self._once.first_answer(call.caller, method, request, pb.VerifyEmailResponse)
        if known is not None:
            return known
        verification = await self._use.verify_email.guess(call, request.verification, request.code)

        async def create(tx: Transaction) -> pb.VerifyEmailResponse:
            user = await self._use.verify_email.create_account(tx, call, verification)
            return pb.VerifyEmailResponse(user=convert.user(user, show_private=True))

        return await self._once.change(call.caller, method, request, create, pb.VerifyEmailResponse)

    async def ResendVerification(
        self, request: pb.ResendVerificationRequest, context: Context
    ) -> pb.ResendVerificationResponse:
        call = self._calls.read(context)
        draft = await self._use.resend_verification.draft()
        mails: list[Mail | None] = []

        async def renew(tx: Transaction) -> pb.ResendVerificationResponse:
            verification, mail = await self._use.resend_verification.renew(tx, call, request.verification, draft)
            mails.append(mail)
            return pb.ResendVerificationResponse(
                code_expire_time=convert.timestamp(verification.code_expire_time),
                resend_time=convert.timestamp(verification.resend_time),
            )

        method = f"{_PREFIX}/ResendVerification"
        answer = await self._once.change(call.caller, method, request, renew, pb.ResendVerificationResponse)
        self._post(mails)
        return answer

    async def SignIn(self, request: pb.SignInRequest, context: Context) -> pb.SessionTokens:
        call = self._calls.read(context)
        tokens = await self._use.sign_in(call, request.email, request.password, request.device_token)
        return convert.session_tokens(tokens)

    async def RefreshSession(self, request: pb.RefreshSessionRequest, context: Context) -> pb.SessionTokens:
        call = self._calls.read(context)
        return convert.session_tokens(await self._use.refresh_session(call, request.refresh_token))

    async def SignOut(self, request: pb.SignOutRequest, context: Context) -> pb.SignOutResponse:
        async with self._store() as tx:
            await sign_out(tx, self._calls.read(context), request.refresh_token)
            await tx.commit()
        return pb.SignOutResponse()

    async def GetMe(self, request: pb.GetMeRequest, context: Context) -> user_pb2.User:
        async with self._store(read_only=True) as tx:
            return convert.user(await acting.person(tx, self._calls.read(context)), show_private=True)

    async def UpdateMe(self, request: pb.UpdateMeRequest, context: Context) -> user_pb2.User:
        call = self._calls.read(context)
        change = convert.profile_change(request, update_me.UPDATABLE)

        async def update(tx: Transaction) -> user_pb2.User:
            return convert.user(await update_me.update_me(tx, call, change), show_private=True)

        return await self._once.change(call.caller, f"{_PREFIX}/UpdateMe", request, update, user_pb2.User)

    async def ChangePassword(self, request: pb.ChangePasswordRequest, context: Context) -> pb.ChangePasswordResponse:
        call = self._calls.read(context)
        method = f"{_PREFIX}/ChangePassword"
        known = await self._once.first_answer(call.caller, method, request, pb.ChangePasswordResponse)
        if known is not None:
            return known
        change = await self._use.change_password.check(call, request.current_password, request.new_password)
        mails: list[Mail | None] = []

        async def apply(tx: Transaction) -> pb.ChangePasswordResponse:
            ended = await self._use.change_password.apply(tx, call, change)
            mails.append(password_changed_mail(change.email))
            return pb.ChangePasswordResponse(ended_session_count=ended)

        answer = await self._once.change(call.caller, method, request, apply, pb.ChangePasswordResponse)
        self._post(mails)
        return answer

    async def RequestPasswordReset(
        self, request: pb.RequestPasswordResetRequest, context: Context
    ) -> pb.RequestPasswordResetResponse:
        call = self._calls.read(context)
        method = f"{_PREFIX}/RequestPasswordReset"
        known = await self._once.first_answer(call.caller, method, request, pb.RequestPasswordResetResponse)
        if known is not None:
            return known
        draft = await self._use.reset_password.draft(call, request.email)
        mails: list[Mail | None] = []

        async def start(tx: Transaction) -> pb.RequestPasswordResetResponse:
            verification, mail = await self._use.reset_password.start(tx, call, draft)
            mails.append(mail)
            return pb.RequestPasswordResetResponse(
                verification=verification.id,
                code_expire_time=convert.timestamp(verification.code_expire_time),
                resend_time=convert.timestamp(verification.resend_time),
            )

        answer = await self._once.change(call.caller, method, request, start, pb.RequestPasswordResetResponse)
        self._post(mails)
        return answer

    async def ResetPassword(self, request: pb.ResetPasswordRequest, context: Context) -> pb.ResetPasswordResponse:
        call = self._calls.read(context)
        method = f"{_PREFIX}/ResetPassword"
        known = await self._once.first_answer(call.caller, method, request, pb.ResetPasswordResponse)
        if known is not None:
            return known
        reset = self._use.reset_password
        proven = await reset.prove(call, request.verification, request.code, request.new_password)
        mails: list[Mail | None] = []

        async def apply(tx: Transaction) -> pb.ResetPasswordResponse:
            mails.append(await reset.apply(tx, call, proven))
            return pb.ResetPasswordResponse()

        answer = await self._once.change(call.caller, method, request, apply, pb.ResetPasswordResponse)
        await reset.forgive(call, proven)
        self._post(mails)
        return answer

    async def GetSignInOptions(self, request: pb.GetSignInOptionsRequest, context: Context) -> pb.SignInOptions:
        return self._use.options

    def _post(self, mails: Sequence[Mail | None]) -> None:
        for mail in mails:
            if mail is not None:
                self._mailer.post(mail)


def _form(request: pb.SignUpRequest) -> SignUpForm:
    return SignUpForm(
        email=request.email,
        password=request.password,
        display_name=request.display_name,
        department_id=convert.optional_id("department", request.department, "departments"),
        department_display_name=request.department_display_name,
        duty=request.duty,
        location=request.location,
    )
