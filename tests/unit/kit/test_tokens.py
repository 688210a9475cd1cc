import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey
from pydantic import SecretStr

from loupe_kit import tokens
from loupe_kit.caller import CallerKind, Role
from loupe_kit.errors import Unauthenticated, Unavailable
from loupe_kit.testing import SERVICE_TOKEN_KEY, FakeClock, SigningKeys, make_user
from loupe_kit.tokens import AccessTokenVerifier, ServiceTokens

USER = make_user(display_name="Ada", department_id="d-1", role=Role.SUPERVISOR)


class Keys:
    """A `KeySource` that counts, changes and fails."""

    def __init__(self, *keys: OKPKey | ECKey) -> None:
        self.keys = list(keys)
        self.asked = 0
        self.is_away = False

    async def jwks(self) -> Mapping[str, Any]:
        self.asked += 1
        if self.is_away:
            raise Unavailable("auth is away")
        return {"keys": [dict(key.as_dict(private=False)) for key in self.keys]}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def signing(clock: FakeClock) -> SigningKeys:
    return SigningKeys(clock)


@pytest.fixture
def verifier(signing: SigningKeys, clock: FakeClock) -> AccessTokenVerifier:
    return AccessTokenVerifier(signing, clock=clock)


def encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def signed(signing: SigningKeys, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """A token of the right key with other claims or header; None removes a claim."""
    claims = {**claims_of(signing.token_for(USER)), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    full = {"alg": "Ed25519", "typ": "at+jwt", "kid": signing.key.kid, **(header or {})}
    return jwt.encode(full, claims, signing.key, algorithms=["Ed25519"])


async def test_access_token__gives_the_person(verifier: AccessTokenVerifier, signing: SigningKeys) -> None:
    assert await verifier.verify(signing.token_for(USER)) == USER


async def test_access_token__es256(clock: FakeClock) -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "ec"})
    token = tokens.issue_access_token(key, USER, clock)
    assert await AccessTokenVerifier(Keys(key), clock=clock).verify(token) == USER


async def test_access_token__expires(verifier: AccessTokenVerifier, signing: SigningKeys, clock: FakeClock) -> None:
    token = signing.token_for(USER)
    clock.advance(timedelta(minutes=9, seconds=59))
    await verifier.verify(token)
    clock.advance(timedelta(seconds=10))
    with pytest.raises(Unauthenticated, match="expired"):
        await verifier.verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": None},
        {"iss": "somebody"},
        {"iss": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"sub": None},
        {"sub": 7},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"role": "GOD"},
        {"role": None},
    ],
    ids=str,
)
async def test_access_token__wrong_claims(
    verifier: AccessTokenVerifier, signing: SigningKeys, changes: dict[str, Any]
) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(signed(signing, **changes))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "svc+jwt"}, {"kid": "unknown"}], ids=str)
async def test_access_token__wrong_header(
    verifier: AccessTokenVerifier, signing: SigningKeys, header: dict[str, str]
) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(signed(signing, header))


async def test_access_token__alg_none(verifier: AccessTokenVerifier, signing: SigningKeys) -> None:
    claims = claims_of(signing.token_for(USER))
    for alg in ("none", "None", "NONE", ""):
        for signature in ("", "AAAA"):
            header = {"alg": alg, "typ": "at+jwt", "kid": signing.key.kid}
            with pytest.raises(Unauthenticated):
                await verifier.verify(f"{encoded(header)}.{encoded(claims)}.{signature}")


async def test_access_token__hmac_under_the_public_key(verifier: AccessTokenVerifier, signing: SigningKeys) -> None:
    public = signing.key.as_dict(private=False)
    header = {"alg": "HS256", "typ": "at+jwt", "kid": signing.key.kid}
    body = f"{encoded(header)}.{encoded(claims_of(signing.token_for(USER)))}"
    for secret in (json.dumps(public).encode(), base64.urlsafe_b64decode(str(public["x"]) + "==")):
        mac = base64.urlsafe_b64encode(hmac.digest(secret, body.encode(), hashlib.sha256)).rstrip(b"=").decode()
        with pytest.raises(Unauthenticated):
            await verifier.verify(f"{body}.{mac}")


async def test_access_token__other_key_with_the_same_kid(verifier: AccessTokenVerifier, signing: SigningKeys) -> None:
    other = OKPKey.generate_key("Ed25519", parameters={"kid": str(signing.key.kid)})
    with pytest.raises(Unauthenticated):
        await verifier.verify(tokens.issue_access_token(other, USER, signing.clock))


async def test_access_token__changed_payload(verifier: AccessTokenVerifier, signing: SigningKeys) -> None:
    header, payload, signature = signing.token_for(USER).split(".")
    claims = {**claims_of(f".{payload}."), "role": "ADMINISTRATOR"}
    with pytest.raises(Unauthenticated):
        await verifier.verify(f"{header}.{encoded(claims)}.{signature}")


@pytest.mark.parametrize(
    "text", ["", "a", "a.b", "a.b.c", "....", "ä.ö.ü", "A" * 100_000, "e30.e30.e30", "bnVsbA.e30.e30"]
)
async def test_access_token__rubbish(verifier: AccessTokenVerifier, text: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(text)


async def test_access_token__service_token_is_none(verifier: AccessTokenVerifier, signing: SigningKeys) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.verify(signing.service_tokens.issue("inference"))


async def test_keys__asked_once_while_they_are_good(clock: FakeClock, signing: SigningKeys) -> None:
    source = Keys(signing.key)
    verifier = AccessTokenVerifier(source, clock=clock)
    for _ in range(5):
        await verifier.verify(signing.token_for(USER))
    assert source.asked == 1


async def test_keys__new_one_is_found(clock: FakeClock, signing: SigningKeys) -> None:
    source = Keys(signing.key)
    verifier = AccessTokenVerifier(source, clock=clock)
    await verifier.verify(signing.token_for(USER))
    rotated = SigningKeys(clock)
    source.keys.append(rotated.key)
    clock.advance(timedelta(seconds=6))
    assert await verifier.verify(rotated.token_for(USER)) == USER
    assert source.asked == 2


async def test_keys__unknown_ones_cause_few_questions(clock: FakeClock, signing: SigningKeys) -> None:
    source = Keys(signing.key)
    verifier = AccessTokenVerifier(source, clock=clock)
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            await verifier.verify(SigningKeys(clock).token_for(USER))
    assert source.asked == 1


async def test_keys__withdrawn_one_stops_working(clock: FakeClock, signing: SigningKeys) -> None:
    source = Keys(signing.key)
    verifier = AccessTokenVerifier(source, clock=clock)
    await verifier.verify(signing.token_for(USER))
    source.keys = [SigningKeys(clock).key]
    clock.advance(timedelta(minutes=5, seconds=1))
    with pytest.raises(Unauthenticated):
        await verifier.verify(signing.token_for(USER))


async def test_keys__auth_is_away(clock: FakeClock, signing: SigningKeys) -> None:
    source = Keys(signing.key)
    verifier = AccessTokenVerifier(source, clock=clock)
    source.is_away = True
    with pytest.raises(Unavailable):
        await verifier.verify(signing.token_for(USER))
    source.is_away = False
    await verifier.verify(signing.token_for(USER))
    source.is_away = True
    clock.advance(timedelta(minutes=6))
    assert await verifier.verify(signing.token_for(USER)) == USER


def test_service_token__gives_the_service(clock: FakeClock) -> None:
    service_tokens = ServiceTokens(SERVICE_TOKEN_KEY, clock)
    caller = service_tokens.verify(service_tokens.issue("inference"))
    assert (caller.kind, caller.id) == (CallerKind.SERVICE, "inference")


def test_service_token__expires(clock: FakeClock) -> None:
    service_tokens = ServiceTokens(SERVICE_TOKEN_KEY, clock)
    token = service_tokens.issue("inference")
    clock.advance(timedelta(minutes=5, seconds=6))
    with pytest.raises(Unauthenticated, match="expired"):
        service_tokens.verify(token)


def test_service_token__other_key(clock: FakeClock) -> None:
    other = ServiceTokens(SecretStr("another key that is long enough too"), clock)
    with pytest.raises(Unauthenticated):
        ServiceTokens(SERVICE_TOKEN_KEY, clock).verify(other.issue("inference"))


def test_service_token__lives_ten_minutes_at_most(clock: FakeClock) -> None:
    service_tokens = ServiceTokens(SERVICE_TOKEN_KEY, clock)
    with pytest.raises(ValueError, match="10 minutes"):
        service_tokens.issue("inference", timedelta(minutes=11))
    now = int(clock.now().timestamp())
    claims = {"iss": "loupe-service", "aud": "loupe", "sub": "x", "iat": now, "exp": now + 86_400}
    key = OctKey.import_key(SERVICE_TOKEN_KEY.get_secret_value())
    with pytest.raises(Unauthenticated):
        service_tokens.verify(jwt.encode({"alg": "HS256", "typ": "svc+jwt"}, claims, key, algorithms=["HS256"]))
    claims["exp"] = now + 300
    with pytest.raises(Unauthenticated):
        service_tokens.verify(jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, key, algorithms=["HS256"]))


async def test_service_token__access_token_is_none(signing: SigningKeys) -> None:
    with pytest.raises(Unauthenticated):
        signing.service_tokens.verify(signing.token_for(USER))


def test_service_token__short_key() -> None:
    with pytest.raises(ValueError, match="32"):
        ServiceTokens(SecretStr("short"))


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": "own"},
        {"jku": "https://evil.example/keys.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"kid": "../../dev/null"},
        {"kid": ""},
        {"kid": ["a", "b"]},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
    ],
)
async def test_access_token__key_of_the_forger_in_the_header(
    verifier: AccessTokenVerifier, signing: SigningKeys, extra: dict[str, Any]
) -> None:
    own = Ed25519PrivateKey.generate()
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": signing.key.kid, **extra}
    if extra.get("jwk") == "own":
        x = base64.urlsafe_b64encode(own.public_key().public_bytes_raw()).rstrip(b"=").decode()
        header["jwk"] = {"kty": "OKP", "crv": "Ed25519", "x": x}
    body = f"{encoded(header)}.{encoded(claims_of(signing.token_for(USER)))}"
    signature = base64.urlsafe_b64encode(own.sign(body.encode())).rstrip(b"=").decode()

    with pytest.raises(Unauthenticated):
        await verifier.verify(f"{body}.{signature}")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(position=st.integers(0, 600), character=st.characters(codec="ascii"))
async def test_access_token__altered_is_refused_or_says_the_same(
    verifier: AccessTokenVerifier, signing: SigningKeys, position: int, character: str
) -> None:
    token = signing.token_for(USER)
    at = position % len(token)

    try:
        caller = await verifier.verify(token[:at] + character + token[at + 1 :])
    except Unauthenticated:
        return
    # Base64 leaves a few bits of the last character unused.
    assert caller == USER


async def test_access_token__seen_before_expires_and_loses_its_key(
    verifier: AccessTokenVerifier, signing: SigningKeys, clock: FakeClock
) -> None:
    token = signing.token_for(USER)
    assert [await verifier.verify(token) for _ in range(2)] == [USER, USER]

    clock.advance(timedelta(minutes=10, seconds=6))

    with pytest.raises(Unauthenticated, match="expired"):
        await verifier.verify(token)
