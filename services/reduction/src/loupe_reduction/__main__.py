"""`python -m loupe_reduction` serves; `python -m loupe_reduction warm` compiles the kernels, for image builds."""

from __future__ import annotations

import asyncio
import os
import sys

from loupe_kit import telemetry
from loupe_kit.authentication import Authenticator
from loupe_kit.serving import serve
from loupe_kit.tokens import ServiceTokens
from loupe_reduction.bootstrap import NAME, bootstrap
from loupe_reduction.settings import ReductionSettings


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM, or warms the kernels; returns the exit status."""
    settings = ReductionSettings()
    if arguments == ["warm"]:
        return warm(settings)
    if arguments:
        sys.stderr.write("usage: python -m loupe_reduction [warm]\n")
        return 2
    telemetry.configure(NAME, level=settings.log_level, log_format=settings.log_format)
    asyncio.run(run(settings))
    return 0


def warm(settings: ReductionSettings) -> int:
    """Compiles the kernels into the folder that worker processes will use."""
    os.environ["NUMBA_CACHE_DIR"] = str(settings.kernel_folder.resolve())
    from loupe_reduction.algorithms.warm import warm_kernels

    warm_kernels()
    return 0


async def run(settings: ReductionSettings) -> None:
    """Serves this service alone; only other services of Loupe may call it."""
    if settings.service_token_key is None:
        raise SystemExit("Set LOUPE_SERVICE_TOKEN_KEY, the same for all services and at least 32 characters long.")
    authenticator = Authenticator(service_tokens=ServiceTokens(settings.service_token_key))
    await serve(bootstrap(settings), authenticator, settings.address)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
