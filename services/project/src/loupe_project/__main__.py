"""Runs the project service as a process of its own: `python -m loupe_project`; `migrate` updates its database alone."""

import argparse
import asyncio

from loupe_kit import serving, telemetry
from loupe_kit.auth_client import remote_authenticator
from loupe_kit.channels import open_channel
from loupe_kit.sql import upgrade
from loupe_kit.tokens import ServiceTokens
from loupe_project.bootstrap import MIGRATIONS, bootstrap
from loupe_project.settings import ProjectSettings


def main(arguments: list[str] | None = None) -> None:
    """Runs one of the commands.

    Args:
        arguments: Command line; None: that of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m loupe_project", description=__doc__)
    parser.add_argument("command", nargs="?", choices=("serve", "migrate"), default="serve")
    command = parser.parse_args(arguments).command
    settings = ProjectSettings()
    telemetry.configure("project", level=settings.log_level, log_format=settings.log_format)
    asyncio.run(_migrate(settings) if command == "migrate" else _serve(settings))


async def _migrate(settings: ProjectSettings) -> None:
    if settings.is_alone:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    await upgrade(settings.database, MIGRATIONS)


async def _serve(settings: ProjectSettings) -> None:
    """Serve until SIGTERM or SIGINT."""
    if settings.service_token_key is None:
        raise SystemExit("Set LOUPE_SERVICE_TOKEN_KEY, the same for all services.")
    tokens = ServiceTokens(settings.service_token_key)
    async with open_channel(settings.auth_target, lambda: tokens.issue("project")) as auth:
        authenticator = remote_authenticator(auth, tokens)
        await serving.serve(bootstrap(settings), authenticator, settings.address)


if __name__ == "__main__":
    main()
