"""Runs the inference service as a process of its own: `python -m loupe_inference`."""

import asyncio

from loupe_inference.bootstrap import bootstrap
from loupe_inference.settings import InferenceSettings
from loupe_kit import serving, telemetry
from loupe_kit.auth_client import remote_authenticator
from loupe_kit.channels import open_channel
from loupe_kit.tokens import ServiceTokens


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = InferenceSettings()
    telemetry.configure("inference", level=settings.log_level, log_format=settings.log_format)
    service = bootstrap(settings)
    if settings.service_token_key is None:
        raise SystemExit("Set LOUPE_SERVICE_TOKEN_KEY, the same for all services.")
    tokens = ServiceTokens(settings.service_token_key)
    async with open_channel(settings.auth_target, lambda: tokens.issue("inference")) as auth:
        authenticator = remote_authenticator(auth, tokens)
        await serving.serve(service, authenticator, settings.address)


if __name__ == "__main__":
    asyncio.run(main())
