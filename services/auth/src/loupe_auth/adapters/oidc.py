"""The company's identity provider over HTTP: discovery, token exchange, keys (OpenID Connect Core and Discovery)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from loupe_auth.domain.errors import OidcProviderUnavailable, OidcRefused, OidcTokenInvalid
from loupe_auth.domain.oidc import Flow, Identity
from loupe_auth.oidc_settings import OidcSettings
from loupe_kit.clock import Clock

_log = structlog.get_logger("loupe.auth.oidc")

# Public-key algorithms only; "none" and HMAC with the client secret are never looked at.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
_KEEP_SECONDS = 600.0
_ASK_AGAIN_SECONDS = 5.0
_TIMEOUT_SECONDS = 5.0
_LEEWAY_SECONDS = 60
_MAXIMUM_CHARS = 1_000_000
Json = dict[str, Any]


class HttpIdentityProvider:
    """The port IdentityProvider.

    Args:
        settings: which provider, and how it knows this installation.
        clock: for expiry and for the age of what is kept.
    """

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        # Redirects are not followed: no address but those of the discovery document is asked.
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False)
        self._kept: dict[str, tuple[float, Json]] = {}
        self._lock = asyncio.Lock()

    @property
    def issuer(self) -> str:
        """Its name, an URL."""
        return self._settings.issuer

    async def authorization_url(self, flow: Flow) -> str:
        """Returns where a browser signs in."""
        endpoint = (await self._discovery())["authorization_endpoint"]
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": self._settings.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def identify(self, flow: Flow, code: str, issuer: str) -> Identity:
        """Exchanges the code of the provider's answer for what it says of the person."""
        discovery = await self._discovery()
        is_promised = discovery.get("authorization_response_iss_parameter_supported") is True
        if (issuer or is_promised) and issuer != self.issuer:
            # Mix-up: another provider's answer (RFC 9207).
            raise OidcTokenInvalid("The answer is from another identity provider; begin the sign-in again.")
        answer = await self._exchange(discovery, flow, code)
        claims = await self._id_token(discovery, str(answer.get("id_token", "")), flow.nonce)
        endpoint = discovery.get("userinfo_endpoint")
        if endpoint and not {"email", "email_verified", self._settings.groups_claim} <= claims.keys():
            claims = {**await self._userinfo(endpoint, answer, claims), **claims}
        return self._identity(claims)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _discovery(self) -> Json:
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._keep(url, _KEEP_SECONDS)
        if (
            found.get("issuer") != self.issuer
            or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= found.keys()
        ):
            _log.error("oidc_discovery_is_wrong", url=url, issuer=str(found.get("issuer"))[:200])
            raise _unavailable()
        return found

    async def _exchange(self, discovery: Json, flow: Flow, code: str) -> Json:
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.redirect_uri,
            "code_verifier": flow.verifier,
        }
        secret = settings.client_secret.get_secret_value()
        methods = discovery.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth = None
        if secret and "client_secret_basic" in methods:
            # Both parts are form-encoded first (RFC 6749, 2.3.1).
            auth = httpx.BasicAuth(quote(settings.client_id, safe=""), quote(secret, safe=""))
        else:
            form |= {"client_id": settings.client_id} | ({"client_secret": secret} if secret else {})
        response = await self._ask("POST", discovery["token_endpoint"], data=form, auth=auth)
        if response.status_code >= 500:
            raise _unavailable()
        if response.status_code != 200:
            error = str(_json(response).get("error", ""))[:60]
            _log.warning("oidc_code_refused", status=response.status_code, error=error)
            raise OidcRefused("The identity provider does not take the code; begin the sign-in again.", error=error)
        return _json(response)

    async def _id_token(self, discovery: Json, token: str, nonce: str) -> Json:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            header = jws.extract_compact(token.encode()).headers()
            keys = await self._keys(discovery["jwks_uri"], header.get("kid"))
            claims = jwt.decode(token, keys, algorithms=list(_ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError) as error:
            _log.warning("oidc_token_invalid", error=type(error).__name__)
            raise _token_invalid() from error
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise _token_invalid()
        return claims

    async def _keys(self, url: str, kid: object) -> KeySet:
        found = await self._keep(url, _KEEP_SECONDS)
        if all(key.get("kid") != kid for key in found.get("keys", [])):
            # The provider may have changed its keys.
            found = await self._keep(url, _ASK_AGAIN_SECONDS)
        usable = [key for key in found.get("keys", []) if key.get("kty") != "oct" and key.get("use", "sig") == "sig"]
        return KeySet.import_key_set({"keys": usable})

    async def _userinfo(self, endpoint: str, answer: Json, claims: Json) -> Json:
        headers = {"authorization": f"Bearer {answer.get('access_token', '')}"}
        response = await self._ask("GET", endpoint, headers=headers)
        found = _json(response) if response.status_code == 200 else {}
        if found.get("sub") != claims["sub"]:
            # Somebody else's, or none (OpenID Connect Core 5.3.2).
            raise _token_invalid()
        return found

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        groups = claims.get(self._settings.groups_claim)
        return Identity(
            issuer=self.issuer,
            subject=str(claims["sub"])[:255],
            email=str(claims.get("email") or ""),
            # Some providers write it as text.
            email_is_verified=claims.get("email_verified") in (True, "true"),
            display_name=str(claims.get("name") or claims.get("preferred_username") or ""),
            groups=frozenset(map(str, groups)) if isinstance(groups, list) else None,
        )

    async def _keep(self, url: str, maximum_age: float) -> Json:
        async with self._lock:
            asked_at, found = self._kept.get(url, (float("-inf"), {}))
            if self._clock.monotonic() - asked_at < maximum_age:
                return found
            response = await self._ask("GET", url)
            if response.status_code != 200:
                raise _unavailable()
            self._kept[url] = (self._clock.monotonic(), _json(response))
            return self._kept[url][1]

    async def _ask(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        try:
            return await self._http.request(
                method, url, headers={"accept": "application/json"} | arguments.pop("headers", {}), **arguments
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _log.warning("oidc_provider_is_away", url=url, error=type(error).__name__)
            raise _unavailable() from error


def _json(response: httpx.Response) -> Json:
    try:
        found = response.json() if len(response.content) <= _MAXIMUM_CHARS else None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _token_invalid() -> OidcTokenInvalid:
    return OidcTokenInvalid("The token of the identity provider does not hold; begin the sign-in again.")


def _unavailable() -> OidcProviderUnavailable:
    return OidcProviderUnavailable("The identity provider does not answer; try again, or sign in with a password.")
