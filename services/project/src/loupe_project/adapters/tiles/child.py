"""Has images cut by a child process of its own: its memory is given back, and ending it ends the work."""

import time
from pathlib import Path

import structlog

from loupe_kit.child import ChildProcess

_log = structlog.get_logger("loupe.project.tiles")

_TARGET = "loupe_project.adapters.tiles.cutter:cut"
# libvips shall not touch formats whose decoders are not fit for strangers' files.
_ENVIRONMENT = {"VIPS_BLOCK_UNTRUSTED": "1"}
_NICE = 5


class ChildTileCutter:
    """See `ports.tiles.TileCutter`."""

    async def cut(self, source: Path, image_format: str, target: Path) -> None:
        """See the port."""
        begun = time.perf_counter()
        async with ChildProcess(_TARGET, threads=1, nice=_NICE, env=_ENVIRONMENT) as child:
            peak = await child.call((str(source), image_format, str(target)))
        _log.info("image_cut", seconds=round(time.perf_counter() - begun, 2), peak_bytes=peak)
