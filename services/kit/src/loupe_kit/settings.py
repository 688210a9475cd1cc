"""Base of every service's settings: environment only, prefix `LOUPE_<SERVICE>_`."""

from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


TrustedProxies = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)]
"""Networks, in the environment divided by commas."""


class LogFormat(StrEnum):
    """How log lines are written."""

    AUTO = "auto"
    """Console on a terminal, JSON otherwise."""
    JSON = "json"
    CONSOLE = "console"


class LoupeSettings(BaseSettings):
    """Settings that all processes share; they have the prefix `LOUPE_` in every subclass.

    A subclass sets its own prefix for its own fields:

        class ProjectSettings(LoupeSettings):
            model_config = SettingsConfigDict(env_prefix="LOUPE_PROJECT_")
            thumbnail_size: int = Field(default=256, ge=32, le=1024)
    """

    model_config = SettingsConfigDict(env_prefix="LOUPE_", extra="ignore", populate_by_name=True)

    data_dir: Path = Field(default=Path("data"), validation_alias=AliasChoices("data_dir", "LOUPE_DATA_DIR"))
    """Folder of everything a process keeps on disk. `LOUPE_DATA_DIR`."""
    service_token_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("service_token_key", "LOUPE_SERVICE_TOKEN_KEY"),
    )
    """Key of the tokens between services, at least 32 characters, the same everywhere. `LOUPE_SERVICE_TOKEN_KEY`."""
    log_level: str = Field(
        default="INFO",
        pattern=r"(?i)^(debug|info|warning|error)$",
        validation_alias=AliasChoices("log_level", "LOUPE_LOG_LEVEL"),
    )
    """Least severe level that is written. `LOUPE_LOG_LEVEL`."""
    log_format: LogFormat = Field(
        default=LogFormat.AUTO,
        validation_alias=AliasChoices("log_format", "LOUPE_LOG_FORMAT"),
    )
    """`auto`, `json` or `console`. `LOUPE_LOG_FORMAT`."""
