"""Settings of auth: environment only, prefix `LOUPE_AUTH_`. The README has an example of each."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from loupe_auth.domain.mails import SmtpSecurity
from loupe_auth.oidc_settings import OidcSettings
from loupe_kit.settings import LoupeSettings


class AuthSettings(LoupeSettings):
    """How auth runs."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_AUTH_")

    address: str = "127.0.0.1:50051"
    """Where the process listens when it runs by itself."""
    database_url: str = ""
    """`mariadb://user:password@host/auth`; empty: the SQLite file `auth.db` in the data folder."""
    redis_url: SecretStr = Field(
        default=SecretStr(""), validation_alias=AliasChoices("redis_url", "LOUPE_AUTH_REDIS_URL", "LOUPE_REDIS_URL")
    )
    """`redis://:password@host:6379/0`: replicas count tries together; empty: each for itself. `LOUPE_REDIS_URL`."""
    smtp_host: str = ""
    """Mail server; empty: mail goes to the folder `mailbox` in the data folder, and codes to the log."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Port of the mail server."""
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    """`starttls`, `tls` or `none`."""
    smtp_username: str = ""
    """Empty: no sign-in at the mail server."""
    smtp_password: SecretStr = SecretStr("")
    """Goes with smtp_username."""
    mail_sender: str = "Loupe <loupe@localhost>"
    """Address in the `From` line."""
    sign_up_domains: Annotated[frozenset[str], NoDecode] = frozenset()
    """Mail domains whose addresses may sign up, comma-separated; empty: every domain."""
    open_departments: bool = True
    """Whether somebody who signs up may name a department that does not exist yet."""
    session_idle: timedelta = Field(default=timedelta(days=14), ge=timedelta(minutes=15), le=timedelta(days=90))
    """A session that nobody uses for so long is over."""
    session_absolute: timedelta = Field(default=timedelta(days=30), ge=timedelta(hours=1), le=timedelta(days=365))
    """No session lasts longer."""
    key_encryption_key: SecretStr | None = None
    """Random text of 32 characters or more under which signing keys are encrypted; None: they are stored readable."""
    signing_key_lifetime: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=1), le=timedelta(days=365))
    """Age at which a signing key is replaced."""
    hash_concurrency: int = Field(default=2, ge=1, le=64)
    """Passwords hashed at once; each takes 19 MiB and a core for about 0.1 s."""
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    )
    """Networks of the gateway, whose `x-forwarded-for` is believed, comma-separated."""
    oidc: OidcSettings = Field(default_factory=OidcSettings)
    """Sign-in with the company's identity provider; see OidcSettings."""
    admin_email: str = ""
    """Address of the administrator that a start makes sure of; empty: none."""
    admin_password: SecretStr = SecretStr("")
    """His first password; an existing account keeps its own."""

    @field_validator("sign_up_domains", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip().lower() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def database(self) -> str:
        """URL of the database to use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'auth.db'}"

    @property
    def mailbox(self) -> Path:
        """Folder of the mails of an installation without SMTP."""
        return self.data_dir / "mailbox"
