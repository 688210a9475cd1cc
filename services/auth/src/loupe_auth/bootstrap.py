"""Builds the service: the only place that knows every part."""

from __future__ import annotations

from functools import partial
from typing import TypedDict, Unpack

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe.auth.v1 import (
    account_service_pb2,
    account_service_pb2_grpc,
    api_key_service_pb2_grpc,
    audit_service_pb2_grpc,
    department_service_pb2_grpc,
    key_service_pb2_grpc,
    mail_service_pb2_grpc,
    membership_service_pb2_grpc,
    oidc_service_pb2_grpc,
    session_service_pb2_grpc,
    user_service_pb2_grpc,
)
from loupe_auth.adapters import redis
from loupe_auth.adapters.argon2 import Argon2PasswordHasher
from loupe_auth.adapters.key_cipher import KeyCipher
from loupe_auth.adapters.mailbox import MailboxTransport
from loupe_auth.adapters.oidc import HttpIdentityProvider
from loupe_auth.adapters.outgoing import BackgroundMailer
from loupe_auth.adapters.own_keys import OwnApiKeyResolver
from loupe_auth.adapters.own_revocations import OwnRevocations
from loupe_auth.adapters.rate_limiter import InProcessRateLimiter
from loupe_auth.adapters.redis import RedisRateLimiter
from loupe_auth.adapters.signing import JwtIssuer, StoredSigningKeys
from loupe_auth.adapters.smtp import SmtpServer, SmtpTransport
from loupe_auth.adapters.sql.once import SqlOnce
from loupe_auth.adapters.sql.store import AuthUnitOfWork
from loupe_auth.domain.audit import CallInfo
from loupe_auth.domain.calls import Call
from loupe_auth.ports import IdentityProvider, MailTransport, PasswordHasher, RateLimiter, Store
from loupe_auth.servicers import account, api_keys, audit, departments, keys, mail, memberships, oidc, sessions, users
from loupe_auth.servicers.calls import CallReader
from loupe_auth.settings import AuthSettings
from loupe_auth.use_cases.change_password import ChangePassword
from loupe_auth.use_cases.create_administrator import create_administrator
from loupe_auth.use_cases.guess_code import GuessCode
from loupe_auth.use_cases.identities import Identities
from loupe_auth.use_cases.oidc_sign_in import OidcSignIn
from loupe_auth.use_cases.open_session import OpenSession
from loupe_auth.use_cases.opening import SessionLifetime
from loupe_auth.use_cases.purge import Purge
from loupe_auth.use_cases.refresh_session import RefreshSession
from loupe_auth.use_cases.resend_verification import ResendVerification
from loupe_auth.use_cases.reset_password import ResetPassword
from loupe_auth.use_cases.sign_in import SignIn
from loupe_auth.use_cases.sign_up import SignUp
from loupe_auth.use_cases.verify_email import VerifyEmail
from loupe_kit.authentication import Authenticator, CachedApiKeyResolver
from loupe_kit.caller import ANONYMOUS
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.revocations import RevocationList
from loupe_kit.server import Registration, Service
from loupe_kit.sql import create_engine, upgrade
from loupe_kit.tokens import AccessTokenVerifier, ServiceTokens

MIGRATIONS = "loupe_auth:migrations"

_log = structlog.get_logger("loupe.auth")


class Overrides(TypedDict, total=False):
    """Parts to use instead of those that the settings choose."""

    clock: Clock
    hasher: PasswordHasher
    limiter: RateLimiter
    mail_transport: MailTransport


def bootstrap(settings: AuthSettings, **overrides: Unpack[Overrides]) -> Service:
    """Returns the service, built and not yet started.

    Its `resources` hold `authenticator` (for a process that serves auth alone), `store` and `hasher`.

    Args:
        settings: how it runs.
        **overrides: parts to use instead.
    """
    clock = overrides.get("clock") or SystemClock()
    engine = _engine(settings)
    store = partial(AuthUnitOfWork, engine)
    own_hasher = Argon2PasswordHasher(settings.hash_concurrency)
    hasher = overrides.get("hasher") or own_hasher
    shared_limiter = _redis_limiter(settings, clock)
    limiter = overrides.get("limiter") or shared_limiter or InProcessRateLimiter(clock)
    transport = overrides.get("mail_transport") or _transport(settings)
    mailer = BackgroundMailer(transport)
    cipher = KeyCipher(settings.key_encryption_key)
    signing_keys = StoredSigningKeys(store, clock, cipher, settings.signing_key_lifetime)
    issuer = JwtIssuer(signing_keys, clock)
    provider = HttpIdentityProvider(settings.oidc, clock) if settings.oidc.issuer else None
    use_cases = _account_use_cases(settings, store, hasher, limiter, issuer)
    once, calls, purge = SqlOnce(engine, clock), CallReader(clock, settings.trusted_proxies), Purge(store, clock)
    return Service(
        name="auth",
        registrations=[
            Registration(
                account_service_pb2_grpc.add_AccountServiceServicer_to_server,
                account.AccountServicer(use_cases, store, once, mailer, calls),
                "loupe.auth.v1.AccountService",
                account.ACCESS,
            ),
            Registration(
                oidc_service_pb2_grpc.add_OidcServiceServicer_to_server,
                oidc.OidcServicer(_oidc_sign_in(settings, store, provider, limiter, issuer), calls),
                "loupe.auth.v1.OidcService",
                oidc.ACCESS,
            ),
            Registration(
                session_service_pb2_grpc.add_SessionServiceServicer_to_server,
                sessions.SessionServicer(store, calls),
                "loupe.auth.v1.SessionService",
                sessions.ACCESS,
            ),
            Registration(
                user_service_pb2_grpc.add_UserServiceServicer_to_server,
                users.UserServicer(store, once, calls),
                "loupe.auth.v1.UserService",
                users.ACCESS,
            ),
            Registration(
                membership_service_pb2_grpc.add_MembershipServiceServicer_to_server,
                memberships.MembershipServicer(store, once, calls),
                "loupe.auth.v1.MembershipService",
                memberships.ACCESS,
            ),
            Registration(
                department_service_pb2_grpc.add_DepartmentServiceServicer_to_server,
                departments.DepartmentServicer(store, once, calls),
                "loupe.auth.v1.DepartmentService",
                departments.ACCESS,
            ),
            Registration(
                api_key_service_pb2_grpc.add_ApiKeyServiceServicer_to_server,
                api_keys.ApiKeyServicer(store, once, calls),
                "loupe.auth.v1.ApiKeyService",
                api_keys.ACCESS,
            ),
            Registration(
                key_service_pb2_grpc.add_KeyServiceServicer_to_server,
                keys.KeyServicer(signing_keys),
                "loupe.auth.v1.KeyService",
                keys.ACCESS,
            ),
            Registration(
                mail_service_pb2_grpc.add_MailServiceServicer_to_server,
                mail.MailServicer(store, transport),
                "loupe.auth.v1.MailService",
                mail.ACCESS,
            ),
            Registration(
                audit_service_pb2_grpc.add_AuditServiceServicer_to_server,
                audit.AuditServicer(store, calls),
                "loupe.auth.v1.AuditService",
                audit.ACCESS,
            ),
        ],
        readiness=partial(_answers, engine),
        on_start=[
            partial(upgrade, engine, MIGRATIONS),
            own_hasher.prepare,
            signing_keys.prepare,
            partial(_say_where_mail_goes, settings),
            partial(_ensure_administrator, settings, store, hasher, clock),
            purge.start,
        ],
        on_stop=[
            purge.stop,
            mailer.close,
            own_hasher.close,
            *([shared_limiter.close] if shared_limiter else []),
            *([provider.close] if provider else []),
            engine.dispose,
        ],
        resources={
            "authenticator": _authenticator(settings, signing_keys, store, clock),
            "store": store,
            "hasher": hasher,
            "signing_keys": signing_keys,
        },
    )


def _engine(settings: AuthSettings) -> AsyncEngine:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return create_engine(settings.database)


def _redis_limiter(settings: AuthSettings, clock: Clock) -> RedisRateLimiter | None:
    url = settings.redis_url.get_secret_value()
    return RedisRateLimiter(redis.connect(url), InProcessRateLimiter(clock)) if url else None


def _transport(settings: AuthSettings) -> MailTransport:
    if not settings.smtp_host:
        return MailboxTransport(settings.mailbox, settings.mail_sender)
    server = SmtpServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
    )
    return SmtpTransport(server, settings.mail_sender)


def _account_use_cases(
    settings: AuthSettings, store: Store, hasher: PasswordHasher, limiter: RateLimiter, issuer: JwtIssuer
) -> account.AccountUseCases:
    lifetime = SessionLifetime(settings.session_idle, settings.session_absolute)
    guess = GuessCode(store, hasher, limiter)
    return account.AccountUseCases(
        sign_up=SignUp(hasher, limiter, domains=settings.sign_up_domains, open_departments=settings.open_departments),
        verify_email=VerifyEmail(guess),
        resend_verification=ResendVerification(hasher),
        sign_in=SignIn(store, hasher, limiter, OpenSession(store, issuer, lifetime)),
        refresh_session=RefreshSession(store, issuer, lifetime),
        change_password=ChangePassword(store, hasher, limiter),
        reset_password=ResetPassword(store, hasher, limiter, guess),
        options=account_service_pb2.SignInOptions(
            oidc_display_name=settings.oidc.display_name if settings.oidc.issuer else "",
            sign_up_domains=sorted(settings.sign_up_domains),
            departments_are_open=settings.open_departments,
        ),
    )


def _oidc_sign_in(
    settings: AuthSettings,
    store: Store,
    provider: IdentityProvider | None,
    limiter: RateLimiter,
    issuer: JwtIssuer,
) -> OidcSignIn:
    identities = Identities(settings.sign_up_domains, settings.oidc.rules)
    lifetime = SessionLifetime(settings.session_idle, settings.session_absolute)
    return OidcSignIn(store, provider, limiter, identities, OpenSession(store, issuer, lifetime))


def _authenticator(
    settings: AuthSettings, signing_keys: StoredSigningKeys, store: Store, clock: Clock
) -> Authenticator:
    key = settings.service_token_key
    return Authenticator(
        access_tokens=AccessTokenVerifier(
            signing_keys, clock=clock, revocations=RevocationList(OwnRevocations(store, clock), clock)
        ),
        service_tokens=ServiceTokens(key, clock) if key else None,
        api_keys=CachedApiKeyResolver(OwnApiKeyResolver(store, clock), clock=clock),
    )


async def _ensure_administrator(settings: AuthSettings, store: Store, hasher: PasswordHasher, clock: Clock) -> None:
    if not settings.admin_email:
        return
    await create_administrator(
        store,
        hasher,
        Call(ANONYMOUS, CallInfo(), clock.now()),
        email=settings.admin_email,
        password=settings.admin_password.get_secret_value(),
        display_name="Administrator",
    )


async def _say_where_mail_goes(settings: AuthSettings) -> None:
    if settings.smtp_host:
        _log.info("mail_by_smtp", host=settings.smtp_host, port=settings.smtp_port)
    else:
        _log.warning(
            "mail_to_folder",
            folder=str(settings.mailbox),
            why="LOUPE_AUTH_SMTP_HOST is not set: sign-up codes appear in this log and in this folder",
        )


async def _answers(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return True
