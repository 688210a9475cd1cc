"""Runs Loupe on this machine: `python -m loupe_standalone`."""

import asyncio
import gc
import signal
import sys
import time

from pydantic import ValidationError

from loupe_kit import telemetry
from loupe_standalone.bootstrap import Addresses, Standalone
from loupe_standalone.data_folder import DataFolder, DataFolderInUse
from loupe_standalone.settings import StandaloneSettings


async def run(settings: StandaloneSettings, folder: DataFolder) -> None:
    """Serves until SIGTERM or SIGINT."""
    begun = time.perf_counter()
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    standalone = Standalone(settings, folder)
    try:
        starting = asyncio.create_task(standalone.start())
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            # What the start made stays for good; looking through it for garbage again and again took 0.1 s each time.
            gc.collect()
            gc.freeze()
            print(_welcome(starting.result(), folder, time.perf_counter() - begun), flush=True)
            await waiting
        starting.cancel()
        waiting.cancel()
    finally:
        await standalone.stop()


def _welcome(addresses: Addresses, folder: DataFolder, seconds: float) -> str:
    return "\n".join(
        [
            "",
            f"  Loupe is ready after {seconds:.1f} s.",
            f"  Web page and REST   {addresses.http}",
            f"  gRPC                {addresses.grpc}",
            f"  Data                {folder.path}",
            f"  Mail                {folder.path / 'mailbox'} (without an SMTP server, mails are files)",
            "  Ctrl-C stops it; the data stay.",
            "",
        ]
    )


def main() -> int:
    """Runs until stopped.

    Returns:
        0, or 1 when it cannot start; the reason is printed.
    """
    try:
        settings = StandaloneSettings()
        telemetry.configure("loupe", level=settings.log_level, log_format=settings.log_format)
        with DataFolder(settings.data_dir) as folder:
            asyncio.run(run(settings, folder))
    except ValidationError as error:
        print(f"Loupe cannot start, a setting is wrong:\n{_named(error)}", file=sys.stderr)
        return 1
    except (DataFolderInUse, OSError) as error:
        print(f"Loupe cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _named(error: ValidationError) -> str:
    # pydantic names the field; people set an environment variable.
    return "\n".join(
        f"  LOUPE_{'_'.join(map(str, fault['loc'])).upper().removeprefix('LOUPE_')}: {fault['msg']}"
        for fault in error.errors()
    )


if __name__ == "__main__":
    sys.exit(main())
