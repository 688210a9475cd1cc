"""From the `authorization` header to a `Caller`: people, API keys, services."""

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from loupe_kit import tokens
from loupe_kit.caller import ANONYMOUS, Caller, CallerKind
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.errors import LoupeError, Unauthenticated
from loupe_kit.tokens import AccessTokenVerifier, ServiceTokens

API_KEY_PREFIX = "lp_"
_SCHEME = "bearer "


class ApiKeyResolver(Protocol):
    """Knows API keys; auth does, others ask it."""

    async def resolve(self, api_key: str) -> Caller:
        """Whom the key `lp_<id>_<secret>` acts for.

        Raises:
            Unauthenticated: If the key is unknown, revoked or expired.
            LoupeError: If that cannot be found out now.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    expires: float
    caller: Caller | None


class CachedApiKeyResolver:
    """Remembers answers, good and bad, for as long as a revoked key may still work.

    Args:
        inner: Asked for what is not remembered.
        keep: At most 5 s, so that revoking takes effect at once to a person's eyes.
        capacity: Most keys that are remembered.
        clock: Measures age.
    """

    def __init__(
        self,
        inner: ApiKeyResolver,
        *,
        keep: timedelta = timedelta(seconds=5),
        capacity: int = 10_000,
        clock: Clock | None = None,
    ) -> None:
        self._inner = inner
        self._keep = keep.total_seconds()
        self._capacity = capacity
        self._clock = clock or SystemClock()
        self._answers: OrderedDict[bytes, _Answer] = OrderedDict()
        self._asking: dict[bytes, asyncio.Lock] = {}

    async def resolve(self, api_key: str) -> Caller:
        """See `ApiKeyResolver`. Calls with the same key at the same time ask once."""
        # The digest stands for the key, so that the cache holds no secret.
        digest = hashlib.sha256(api_key.encode()).digest()
        answer = self._remembered(digest)
        if answer is None:
            lock = self._asking.setdefault(digest, asyncio.Lock())
            async with lock:
                answer = self._remembered(digest) or await self._ask(digest, api_key)
            self._asking.pop(digest, None)
        if answer.caller is None:
            raise _key_refused()
        return answer.caller

    def _remembered(self, digest: bytes) -> _Answer | None:
        answer = self._answers.get(digest)
        return answer if answer and answer.expires > self._clock.monotonic() else None

    async def _ask(self, digest: bytes, api_key: str) -> _Answer:
        try:
            caller: Caller | None = await self._inner.resolve(api_key)
        except Unauthenticated:
            caller = None
        answer = _Answer(self._clock.monotonic() + self._keep, caller)
        self._answers[digest] = answer
        self._answers.move_to_end(digest)
        while len(self._answers) > self._capacity:
            self._answers.popitem(last=False)
        return answer


class Authenticator:
    """Tells who sends an `authorization` header.

    Args:
        access_tokens: For people; None refuses them.
        service_tokens: For services; None refuses them.
        api_keys: For factory systems; None refuses them.
    """

    def __init__(
        self,
        *,
        access_tokens: AccessTokenVerifier | None = None,
        service_tokens: ServiceTokens | None = None,
        api_keys: ApiKeyResolver | None = None,
    ) -> None:
        self._access_tokens = access_tokens
        self._service_tokens = service_tokens
        self._api_keys = api_keys

    async def authenticate(self, authorization: str | None) -> Caller:
        """The caller; ANONYMOUS without a header.

        Raises:
            Unauthenticated: If there is a header and it does not hold.
            LoupeError: If that cannot be found out now.
        """
        if not authorization:
            return ANONYMOUS
        if not authorization[: len(_SCHEME)].lower() == _SCHEME:
            raise Unauthenticated("The authorization header must read 'Bearer <access token or API key>'.")
        token = authorization[len(_SCHEME) :].strip()
        if token.startswith(API_KEY_PREFIX):
            if self._api_keys is None:
                raise _key_refused()
            return await self._api_keys.resolve(token)
        if self._service_tokens is not None and tokens.token_type(token) == tokens.SERVICE_TYPE:
            return self._service_tokens.verify(token)
        if self._access_tokens is None:
            raise Unauthenticated("Access tokens are not taken here.")
        return await self._access_tokens.verify(token)

    async def recheck(self, caller: Caller, authorization: str | None) -> None:
        """Looks whether somebody who was authenticated before still is: streams outlive sign-outs.

        An access token that has run out meanwhile is no reason to end what it began.

        Args:
            caller: From `authenticate`.
            authorization: The header it came from.

        Raises:
            Unauthenticated: If the session has ended, or the API key is revoked or expired.
        """
        try:
            if caller.kind is CallerKind.API_KEY:
                await self.authenticate(authorization)
            elif caller.kind is CallerKind.USER and self._access_tokens is not None:
                await self._access_tokens.check_session(caller)
        except Unauthenticated:
            raise
        except LoupeError:
            # What cannot be found out now must not break hours of upload; the next look comes soon.
            return


def _key_refused() -> Unauthenticated:
    return Unauthenticated("The API key is unknown, revoked or expired; make a new one under 'API keys'.")
