"""Settings of the gateway, from environment variables `LOUPE_GATEWAY_*`."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from loupe_kit.settings import LoupeSettings


class GatewaySettings(LoupeSettings):
    """Where the gateway listens and where the services answer."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_GATEWAY_", extra="ignore", populate_by_name=True)

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(default=8080, ge=0, le=65535)
    """Port to listen on; 0 picks a free one."""
    auth_target: str = "127.0.0.1:50051"
    """gRPC address of auth."""
    project_target: str = "127.0.0.1:50051"
    """gRPC address of project."""
    inference_target: str = "127.0.0.1:50051"
    """gRPC address of inference."""
    reduction_target: str = "127.0.0.1:50051"
    """gRPC address of reduction."""
    trusted_proxies: str = "127.0.0.1"
    """Proxies whose `X-Forwarded-*` headers are believed, comma-separated addresses or networks; `*` for all."""
