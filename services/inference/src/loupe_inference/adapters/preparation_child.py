"""Prepares files of networks in a child process of its own: what is strange about one ends with it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog

from loupe_inference.domain.errors import ModelCheckFailed, ModelFileInvalid
from loupe_inference.domain.registered import ModelConfig, PreparedModel
from loupe_inference.models.bring.job import ENVIRONMENT, PrepareJob
from loupe_kit.child import ChildDied, ChildProcess
from loupe_kit.errors import LoupeError

_TARGET = "loupe_inference.models.bring.prepare:prepare"
_log = structlog.get_logger("loupe.inference.models")


class PreparationChild:
    """A `ModelPreparer`; each file has a process, which ends with it.

    Args:
        time_limit: For one file.
        nice: Added to the process's niceness.
    """

    def __init__(self, time_limit: timedelta, nice: int) -> None:
        self._seconds = time_limit.total_seconds()
        self._nice = nice

    async def prepare(self, source: Path, target: Path, config: ModelConfig) -> PreparedModel:
        """See `ModelPreparer`."""
        async with ChildProcess(_TARGET, threads=1, nice=self._nice, env=ENVIRONMENT) as child:
            try:
                async with asyncio.timeout(self._seconds):
                    prepared: PreparedModel = await child.call(PrepareJob(source, target, config))
            except TimeoutError as error:
                raise ModelCheckFailed(
                    f"Converting and trying the network took longer than {self._seconds:g} s; register a smaller one.",
                    detail="too slow",
                ) from error
            except ChildDied as error:
                _log.warning("preparation_died", exit_code=error.exit_code, signal=error.signal_name)
                raise _unreadable(f"the process that read it died with exit code {error.exit_code}") from error
            except LoupeError:
                raise
            except Exception as error:
                _log.exception("preparation_failed")
                raise _unreadable(f"{type(error).__name__}: {error}"[:300]) from error
        return prepared


def _unreadable(detail: str) -> ModelFileInvalid:
    return ModelFileInvalid(
        f"The file cannot be taken: {detail}; convert the network to ONNX and register that.", detail=detail
    )
