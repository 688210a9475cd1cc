"""Opens a session for somebody whom the company's identity provider recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loupe_auth.domain import oidc, sessions
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.devices import KnownDevice
from loupe_auth.domain.errors import AccountDisabled, OidcFlowInvalid, OidcNotConfigured, OidcRefused
from loupe_auth.domain.limits import OIDC_BY_ADDRESS
from loupe_auth.domain.oidc import Flow
from loupe_auth.domain.users import User
from loupe_auth.ports import IdentityProvider, RateLimiter, Store
from loupe_auth.use_cases import limiting, recording
from loupe_auth.use_cases.identities import Identities
from loupe_auth.use_cases.open_session import OpenSession
from loupe_auth.use_cases.opening import SessionTokens
from loupe_kit.errors import LoupeError


@dataclass(frozen=True)
class StartedFlow:
    """A sign-in that has begun."""

    authorization_url: str
    secret: str
    expire_time: datetime


@dataclass(frozen=True)
class ProviderAnswer:
    """What the browser came back with."""

    flow_secret: str
    """From the browser itself."""
    state: str
    code: str
    issuer: str
    error: str
    """Empty: the provider did not refuse."""


class OidcSignIn:
    """Both halves of the sign-in.

    Args:
        store: where flows and people are.
        provider: the identity provider; None: there is none.
        limiter: bounds the work one place can cause.
        identities: says whose an account of the provider is.
        opening: opens the session.
    """

    def __init__(
        self,
        store: Store,
        provider: IdentityProvider | None,
        limiter: RateLimiter,
        identities: Identities,
        opening: OpenSession,
    ) -> None:
        self._store = store
        self._provider = provider
        self._limiter = limiter
        self._identities = identities
        self._opening = opening

    async def start(self, call: Call, return_path: str) -> StartedFlow:
        """Begins a sign-in.

        Raises:
            OidcNotConfigured: there is no provider.
            OidcProviderUnavailable: it does not answer.
            InvalidArgument: the path leads elsewhere.
            TooManyAttempts: too many from this place.
        """
        provider = await self._ready(call)
        flow = oidc.new_flow(oidc.return_path(return_path))
        url = await provider.authorization_url(flow)
        expire_time = call.now + oidc.FLOW_LIFETIME
        async with self._store() as tx:
            await tx.identities.add_flow(flow.hash, expire_time)
            await tx.commit()
        return StartedFlow(url, flow.secret, expire_time)

    async def finish(self, call: Call, answer: ProviderAnswer, device_token: str) -> tuple[SessionTokens, str]:
        """Returns the tokens of a new session, and where to go.

        Raises:
            OidcFlowInvalid: another browser's answer, too late, or used.
            OidcRefused: the provider says no.
            OidcTokenInvalid: its token does not hold.
            OidcEmailNotVerified: it does not vouch for the address.
            AccountDisabled: an administrator disabled the account.
            TooManyAttempts: too many from this place.
        """
        provider = await self._ready(call)
        flow = Flow(answer.flow_secret)
        try:
            user = await self._recognised(call, provider, flow, answer)
        except LoupeError as error:
            await recording.refused(self._store, call, Action.SIGN_IN, error.reason, method="oidc")
            raise
        if not user.is_active:
            await recording.refused(
                self._store, call, Action.SIGN_IN, AccountDisabled.reason, actor=user, method="oidc"
            )
            raise AccountDisabled("This account is disabled; ask an administrator.")
        device = await self._device(user, device_token)
        return await self._opening(call, user, device, method="oidc"), flow.return_path

    async def _ready(self, call: Call) -> IdentityProvider:
        if self._provider is None:
            raise OidcNotConfigured("This installation has no identity provider; sign in with a password.")
        await limiting.take(self._limiter, "sign_in", [(OIDC_BY_ADDRESS, call.info.client_address)])
        return self._provider

    async def _recognised(self, call: Call, provider: IdentityProvider, flow: Flow, answer: ProviderAnswer) -> User:
        is_ours = flow.is_answered_by(answer.state)
        async with self._store() as tx:
            # Used up whatever comes of it: a code can be tried once.
            is_ours = is_ours and await tx.identities.consume_flow(flow.hash, call.now)
            await tx.commit()
        if not is_ours:
            raise OidcFlowInvalid("This sign-in was begun elsewhere, used or is too old; begin again.")
        if answer.error or not answer.code:
            raise OidcRefused("The identity provider did not let you in.", error=answer.error[:60])
        identity = await provider.identify(flow, answer.code, answer.issuer)
        async with self._store() as tx:
            user = await self._identities.person(tx, call, identity)
            await tx.commit()
        return user

    async def _device(self, user: User, token: str) -> KnownDevice | None:
        if not token:
            return None
        async with self._store(read_only=True) as tx:
            device = await tx.devices.get(sessions.token_hash(token))
        return device if device is not None and device.user_id == user.id else None
