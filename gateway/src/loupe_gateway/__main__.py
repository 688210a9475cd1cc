"""Runs the gateway as a process of its own: `python -m loupe_gateway`."""

import asyncio
import signal

from loupe_gateway.bootstrap import bootstrap
from loupe_gateway.settings import GatewaySettings
from loupe_kit import telemetry


async def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    settings = GatewaySettings()
    telemetry.configure("gateway", level=settings.log_level, log_format=settings.log_format)
    telemetry.serve_metrics()
    gateway = bootstrap(settings)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    await gateway.start()
    await stopping.wait()
    await gateway.stop()


if __name__ == "__main__":
    asyncio.run(main())
