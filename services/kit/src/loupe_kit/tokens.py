"""Tokens: who people and services are, checked without asking anybody.

Access tokens are JWTs that auth signs (Ed25519 or ES256), checked here with auth's public keys. Service
tokens are short JWTs under a key that all of Loupe's processes share.
"""

import asyncio
import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey
from pydantic import SecretStr

from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.errors import LoupeError, Unauthenticated
from loupe_kit.revocations import RevocationList

AUDIENCE = "loupe"
ISSUER = "loupe-auth"
SERVICE_ISSUER = "loupe-service"
ACCESS_TYPE = "at+jwt"
SERVICE_TYPE = "svc+jwt"
# RFC 9864 names of what was called EdDSA; "none", HMAC and RSA are never looked at.
ACCESS_ALGORITHMS = ("Ed25519", "ES256")
ACCESS_LIFETIME = timedelta(minutes=10)
MAX_SERVICE_LIFETIME = timedelta(minutes=10)

_LEEWAY_SECONDS = 5
_MIN_KEY_CHARS = 32
_MAX_TOKEN_CHARS = 8192
_MAX_SEEN = 10_000

_log = structlog.get_logger("loupe.tokens")


class KeySource(Protocol):
    """Where auth's public keys come from."""

    async def jwks(self) -> Mapping[str, Any]:
        """The JSON Web Key Set: `{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": …, "x": …}]}`.

        Raises:
            LoupeError: If the keys cannot be had now.
        """
        ...


def issue_access_token(key: OKPKey | ECKey, caller: Caller, clock: Clock, lifetime: timedelta = ACCESS_LIFETIME) -> str:
    """A signed access token for a person.

    Args:
        key: Private key with a `kid`.
        caller: Of kind USER, with its session.
        clock: Dates the token.
        lifetime: Until it expires.
    """
    now = int(clock.now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": caller.id,
        "name": caller.display_name,
        "dept": caller.department_id,
        "role": caller.role.value,
        "sid": caller.session_id,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        "jti": ids.new_id(),
    }
    algorithm = "Ed25519" if isinstance(key, OKPKey) else "ES256"
    header = {"alg": algorithm, "typ": ACCESS_TYPE, "kid": key.kid}
    return jwt.encode(header, claims, key, algorithms=[algorithm])


@dataclass(frozen=True, slots=True)
class _Seen:
    """A token whose signature and claims held."""

    key_id: str
    expires: float
    """Seconds since 1970, the leeway included."""
    caller: Caller


class AccessTokenVerifier:
    """Checks access tokens, and keeps auth's public keys as long as they are good.

    Args:
        key_source: Asked at first use, for an unknown key, and every `refresh_after`.
        clock: For expiry and refreshing.
        refresh_after: How long a withdrawn key may still be used here.
        min_refresh_interval: Unknown keys do not cause more frequent questions than this.
        revocations: Knows sessions that ended before their tokens; None: tokens count until they expire.
    """

    def __init__(
        self,
        key_source: KeySource,
        *,
        clock: Clock | None = None,
        refresh_after: timedelta = timedelta(minutes=5),
        min_refresh_interval: timedelta = timedelta(seconds=5),
        revocations: RevocationList | None = None,
    ) -> None:
        self._revocations = revocations
        self._source = key_source
        self._clock = clock or SystemClock()
        self._refresh_after = refresh_after.total_seconds()
        self._min_interval = min_refresh_interval.total_seconds()
        self._keys: dict[str, OKPKey | ECKey] = {}
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()
        # By digest, so that no token lies in memory longer than its call. A page makes dozens of calls with one token.
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """The person that the token is for.

        Raises:
            Unauthenticated: If the token does not hold.
            LoupeError: If the keys are needed and cannot be had.
        """
        digest = hashlib.sha256(token.encode()).digest()
        seen = self._seen.get(digest)
        if seen is None or self._clock.now().timestamp() > seen.expires:
            seen = await self._verify(token)
            self._remember(digest, seen)
        # Also for a token seen before: its key may have been withdrawn since.
        await self._key(seen.key_id)
        return await self.check_session(seen.caller)

    async def _verify(self, token: str) -> _Seen:
        header = _header(token)
        if header.get("alg") not in ACCESS_ALGORITHMS or header.get("typ") != ACCESS_TYPE:
            raise _refused()
        key_id = str(header.get("kid", ""))
        key = await self._key(key_id)
        claims = _checked_claims(token, key, str(header["alg"]), ISSUER, self._clock)
        return _Seen(key_id, claims["exp"] + _LEEWAY_SECONDS, _person(claims))

    def _remember(self, digest: bytes, seen: _Seen) -> None:
        self._seen[digest] = seen
        self._seen.move_to_end(digest)
        while len(self._seen) > _MAX_SEEN:
            self._seen.popitem(last=False)

    async def check_session(self, caller: Caller) -> Caller:
        """The person as he is now, whose token was verified before.

        Raises:
            Unauthenticated: If the session has ended.
            LoupeError: If that cannot be found out now.
        """
        return caller if self._revocations is None else await self._revocations.apply(caller)

    async def _key(self, kid: str) -> OKPKey | ECKey:
        if kid not in self._keys or self._age() > self._refresh_after:
            await self._refresh(kid)
        if kid not in self._keys:
            raise _refused()
        return self._keys[kid]

    def _age(self) -> float:
        return float("inf") if self._asked_at is None else self._clock.monotonic() - self._asked_at

    async def _refresh(self, kid: str) -> None:
        async with self._lock:
            limit = self._refresh_after if kid in self._keys else self._min_interval
            if self._age() <= limit:
                return
            try:
                key_set = KeySet.import_key_set(dict(await self._source.jwks()))  # type: ignore[arg-type]
            except LoupeError:
                if kid not in self._keys:
                    raise
                # A known key stays good while auth is away; ask again soon.
                _log.warning("keys_not_refreshed", exc_info=True)
                return
            self._keys = {str(key.kid): key for key in key_set.keys if isinstance(key, OKPKey | ECKey)}
            self._seen.clear()
            self._asked_at = self._clock.monotonic()


class ServiceTokens:
    """Makes and checks the tokens by which Loupe's services know each other.

    Args:
        key: Shared by all processes; at least 32 characters.
        clock: For expiry.

    Raises:
        ValueError: If the key is too short.
    """

    def __init__(self, key: SecretStr, clock: Clock | None = None) -> None:
        if len(key.get_secret_value()) < _MIN_KEY_CHARS:
            raise ValueError(f"The service token key needs at least {_MIN_KEY_CHARS} characters; make a longer one.")
        self._key = OctKey.import_key(key.get_secret_value())
        self._clock = clock or SystemClock()

    def issue(self, service: str, lifetime: timedelta = timedelta(minutes=5)) -> str:
        """A token that says "I am `service`".

        Raises:
            ValueError: If it should live longer than 10 minutes.
        """
        if lifetime > MAX_SERVICE_LIFETIME:
            raise ValueError("A service token lives 10 minutes at most; make a new one for each call.")
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": SERVICE_ISSUER,
            "aud": AUDIENCE,
            "sub": service,
            "iat": now,
            "exp": now + int(lifetime.total_seconds()),
        }
        return jwt.encode({"alg": "HS256", "typ": SERVICE_TYPE}, claims, self._key, algorithms=["HS256"])

    def verify(self, token: str) -> Caller:
        """The service that the token is for.

        Raises:
            Unauthenticated: If the token does not hold.
        """
        header = _header(token)
        if header.get("alg") != "HS256" or header.get("typ") != SERVICE_TYPE:
            raise _refused()
        claims = _checked_claims(token, self._key, "HS256", SERVICE_ISSUER, self._clock)
        if claims["exp"] - claims["iat"] > MAX_SERVICE_LIFETIME.total_seconds():
            raise _refused()
        return Caller(kind=CallerKind.SERVICE, id=str(claims["sub"]), display_name=str(claims["sub"]))


def token_type(token: str) -> str:
    """The `typ` that a JWT claims to be, unchecked; empty if the text is no JWT."""
    return _type_of_header(token.partition(".")[0]) if len(token) <= _MAX_TOKEN_CHARS else ""


# There are as many headers as signing keys, and this is asked for each call.
@lru_cache(maxsize=64)
def _type_of_header(segment: str) -> str:
    try:
        header = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return ""
    return str(header.get("typ", "")) if isinstance(header, dict) else ""


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > _MAX_TOKEN_CHARS:
        raise _refused()
    try:
        return jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise _refused() from error


def _checked_claims(
    token: str, key: OKPKey | ECKey | OctKey, algorithm: str, issuer: str, clock: Clock
) -> dict[str, Any]:
    registry = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise _refused() from error
    return claims


def _person(claims: Mapping[str, Any]) -> Caller:
    try:
        role = Role(claims["role"])
    except (KeyError, ValueError) as error:
        raise _refused() from error
    return Caller(
        kind=CallerKind.USER,
        id=str(claims["sub"]),
        display_name=str(claims.get("name") or ""),
        department_id=claims.get("dept") or None,
        role=role,
        session_id=claims.get("sid") or None,
    )


def _refused() -> Unauthenticated:
    # One text for every fault: which check failed is of use to a forger only.
    return Unauthenticated("The token has expired or does not hold; get a new one by signing in.")
