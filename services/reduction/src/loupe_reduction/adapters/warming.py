"""Compiles the kernels behind the running service, so that the first map of a fresh installation does not wait."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from importlib import metadata
from pathlib import Path

import structlog

from loupe_kit.child import ChildProcess

TARGET = "loupe_reduction.adapters.worker_main:warm"

_LOWEST_PRIORITY = 19
_ALGORITHMS = Path(__file__).parents[1] / "algorithms"

_log = structlog.get_logger("loupe.reduction")


class KernelWarming:
    """Compiles once for each folder, release and interpreter, in a process that ends with its work.

    Args:
        cache_dir: folder in which compiled kernels are kept.
        delay_s: seconds from the start of the service to that of the work: serving comes first.
        target: what the process runs, `module:function`; tests give another.
    """

    def __init__(self, cache_dir: Path, delay_s: float, target: str = TARGET) -> None:
        self._cache_dir = cache_dir
        self._delay_s = delay_s
        environment = {"NUMBA_CACHE_DIR": str(cache_dir)}
        self._child = ChildProcess(target, threads=1, nice=_LOWEST_PRIORITY, env=environment)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns at once."""
        if not self._note().exists():
            self._task = asyncio.create_task(self._warm(), name="kernel-warming")

    async def close(self) -> None:
        """Ends the process if it still runs; the next start begins anew."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._child.kill()
            await self._child.close()

    async def _warm(self) -> None:
        await asyncio.sleep(self._delay_s)
        try:
            await self._child.call(None)
            self._cache_dir.mkdir(parents=True, exist_ok=True)
            self._note().touch()
        except Exception as error:  # noqa: BLE001 - maps work without it, the first one later
            _log.warning("kernels_not_warmed", error=str(error))
        await self._child.close()

    def _note(self) -> Path:
        """Says that the kernels as they are now were compiled by what runs now."""
        release = hashlib.sha256(f"{sys.version} {metadata.version('numba')}".encode())
        for source in sorted(_ALGORITHMS.glob("*.py")):
            release.update(f"{source} {source.stat().st_mtime_ns}".encode())
        return self._cache_dir / f"warm-{release.hexdigest()[:16]}"
