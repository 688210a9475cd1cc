"""Callers and their tokens, without an auth service."""

from collections.abc import Mapping
from typing import Any

from joserfc.jwk import OKPKey
from pydantic import SecretStr

from loupe_kit import ids, tokens
from loupe_kit.authentication import ApiKeyResolver, Authenticator
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.tokens import AccessTokenVerifier, ServiceTokens

SERVICE_TOKEN_KEY = SecretStr("a key for tests only, long enough")


class SigningKeys:
    """A key pair as auth has one, and a `KeySource` for it.

    Args:
        clock: Dates the tokens.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.key = OKPKey.generate_key("Ed25519", parameters={"kid": ids.new_id(), "use": "sig"})
        self.service_tokens = ServiceTokens(SERVICE_TOKEN_KEY, self.clock)

    async def jwks(self) -> Mapping[str, Any]:
        """See `KeySource`."""
        return {"keys": [dict(self.key.as_dict(private=False))]}

    def token_for(self, caller: Caller) -> str:
        """A token that makes the server see `caller`, a person or a service."""
        if caller.kind is CallerKind.SERVICE:
            return self.service_tokens.issue(caller.id)
        return tokens.issue_access_token(self.key, caller, self.clock)

    def authenticator(self, api_keys: ApiKeyResolver | None = None) -> Authenticator:
        """An authenticator that takes these tokens."""
        return Authenticator(
            access_tokens=AccessTokenVerifier(self, clock=self.clock),
            service_tokens=self.service_tokens,
            api_keys=api_keys,
        )


def make_user(
    user_id: str | None = None,
    *,
    display_name: str = "Ada",
    department_id: str | None = None,
    role: Role = Role.MEMBER,
) -> Caller:
    """A person who is signed in."""
    return Caller(
        kind=CallerKind.USER,
        id=user_id or ids.new_id(),
        display_name=display_name,
        department_id=department_id,
        role=role,
        session_id=ids.new_id(),
    )


def caller_token(caller: Caller, keys: SigningKeys) -> str:
    """A token that makes servers with `keys` see `caller`."""
    return keys.token_for(caller)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Metadata of a call with this token: `stub.GetProject(request, metadata=bearer(token))`."""
    return (("authorization", f"Bearer {token}"),)
