"""What the service needs from the outside, its database apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from loupe_auth.domain.limits import AnyLimit
from loupe_auth.domain.mails import Mail
from loupe_auth.domain.oidc import Flow, Identity
from loupe_auth.domain.signing_keys import SigningKey
from loupe_auth.domain.users import User


class PasswordHasher(Protocol):
    """Slow hashes of passwords and mailed codes."""

    async def hash(self, password: str) -> str:
        """Returns a salted hash with its parameters."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the hashed one; takes as long, and says False, when there is no hash."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than new ones."""
        ...


class AccessTokenIssuer(Protocol):
    """Signs access tokens."""

    async def issue(self, user: User, session_id: str, now: datetime) -> tuple[str, datetime]:
        """Returns a token and when it expires."""
        ...


class Mailer(Protocol):
    """Takes mails; does not keep the caller waiting for their delivery."""

    def post(self, mail: Mail) -> None:
        """Accepts a mail for delivery."""
        ...


class MailTransport(Protocol):
    """Delivers one mail."""

    async def deliver(self, mail: Mail) -> None:
        """Delivers the mail or raises what went wrong."""
        ...


class IdentityProvider(Protocol):
    """The company's identity provider."""

    @property
    def issuer(self) -> str:
        """Its name, an URL."""
        ...

    async def authorization_url(self, flow: Flow) -> str:
        """Returns where a browser signs in.

        Raises:
            OidcProviderUnavailable: the provider does not answer.
        """
        ...

    async def identify(self, flow: Flow, code: str, issuer: str) -> Identity:
        """Exchanges the code of the provider's answer for what it says of the person.

        Args:
            flow: the sign-in that the answer belongs to.
            code: as it came.
            issuer: `iss` of the answer; empty: it had none.

        Raises:
            OidcRefused: the provider does not take the code.
            OidcTokenInvalid: its token does not hold.
            OidcProviderUnavailable: the provider does not answer.
        """
        ...


class RateLimiter(Protocol):
    """Counts tries."""

    async def take(self, limit: AnyLimit, key: str) -> timedelta | None:
        """Counts one try; returns None when it may go on, else how long to wait (the try is then not counted)."""
        ...

    async def give_back(self, limit: AnyLimit, key: str) -> None:
        """Undoes one counted try: it was no guess."""
        ...

    async def forgive(self, limit: AnyLimit, key: str) -> None:
        """Forgets every counted try: the right one has come."""
        ...


class SigningKeys(Protocol):
    """The published signing keys."""

    async def published(self) -> Sequence[SigningKey]:
        """Returns every key that a valid token may be signed with, newest first."""
        ...
