"""Settings of the standalone profile, from environment variables `LOUPE_*`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from loupe_kit.settings import LoupeSettings


class StandaloneSettings(LoupeSettings):
    """Where the one process listens; `LOUPE_DATA_DIR` says where it keeps everything."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_", extra="ignore", populate_by_name=True)

    http_host: str = "127.0.0.1"
    """Address of the web page and REST. `0.0.0.0` opens them to the network."""
    http_port: int = Field(default=8080, ge=0, le=65535)
    """Port of the web page and REST; 0 picks a free one."""
    grpc_host: str = "127.0.0.1"
    """Address of gRPC. `0.0.0.0` opens it to the network."""
    grpc_port: int = Field(default=50051, ge=0, le=65535)
    """Port of gRPC; 0 picks a free one."""
