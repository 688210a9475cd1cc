"""Settings of sign-in with the company's identity provider: environment, prefix `LOUPE_AUTH_OIDC_`."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from loupe_auth.domain.oidc import GroupRules
from loupe_kit.settings import LoupeSettings

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class OidcSettings(LoupeSettings):
    """Which provider, and what its groups mean."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_AUTH_OIDC_")

    issuer: str = ""
    """Name of the provider, `https://login.plant.example/realms/main`; empty: none."""
    client_id: str = ""
    """As the provider knows this installation."""
    client_secret: SecretStr = SecretStr("")
    """Empty: a public client, which PKCE alone protects."""
    public_url: str = ""
    """`https://loupe.plant.example`, as browsers reach the gateway."""
    display_name: str = Field(default="Company account", min_length=1, max_length=60)
    """Text of the button on the sign-in page."""
    scopes: str = "openid email profile"
    """Separated by spaces; some providers want one more for groups."""
    groups_claim: str = "groups"
    """Claim that lists the groups of a person."""
    administrator_groups: Annotated[tuple[str, ...], NoDecode] = ()
    """Groups whose people are administrators, comma-separated. Set: the provider decides on roles at each sign-in."""
    supervisor_groups: Annotated[tuple[str, ...], NoDecode] = ()
    """Groups whose people are supervisors of their department, comma-separated."""
    departments: dict[str, str] = Field(default_factory=dict)
    """JSON object, group to name of a department: `{"grp-quality": "Quality"}`."""

    @field_validator("administrator_groups", "supervisor_groups", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.issuer:
            return self
        if not self.client_id or not self.public_url:
            raise ValueError("LOUPE_AUTH_OIDC_ISSUER needs LOUPE_AUTH_OIDC_CLIENT_ID and LOUPE_AUTH_OIDC_PUBLIC_URL")
        for url in (self.issuer, self.public_url):
            parts = urlsplit(url)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError(f"{url!r} must begin with https://; plain http is for this machine only")
        return self

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends browsers back to; tell the provider this address."""
        return f"{self.public_url.rstrip('/')}/v1/account:signInWithOidc/callback"

    @property
    def rules(self) -> GroupRules:
        """What the groups mean."""
        return GroupRules(self.administrator_groups, self.supervisor_groups, self.departments or None)
