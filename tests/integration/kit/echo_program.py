"""A process with one service, run by a test: `python -m tests.integration.kit.echo_program <address>`."""

import asyncio
import sys
from datetime import timedelta

from loupe_kit import telemetry
from loupe_kit.service import Service
from loupe_kit.serving import serve
from loupe_kit.settings import LogFormat
from loupe_kit.testing import SigningKeys
from tests.integration.kit import echo


async def main(address: str) -> None:
    telemetry.configure("echo", log_format=LogFormat.JSON)

    async def closed() -> None:
        sys.stdout.write("stores closed\n")
        sys.stdout.flush()

    service = Service("echo", [echo.registration()], on_stop=[closed])
    await serve(service, SigningKeys().authenticator(), address, grace=timedelta(seconds=5))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
