"""Runs the models in a child process: torch, the decoders and their crashes stay out of the service's own process."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

import structlog

from loupe_inference.adapters.model_files import ModelFiles
from loupe_inference.adapters.turns import Turns
from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.models.job import ENVIRONMENT, AnalyseJob
from loupe_inference.ports import BackendDied, BackendTimedOut
from loupe_kit.child import ChildDied, ChildProcess
from loupe_kit.errors import LoupeError

_TARGET = "loupe_inference.models.host:analyse"
_SLICE_SECONDS = 1.0
"""What an urgent call waits for at most, about: a batch is computed in slices of this time."""
_FIRST_SLICE = 32
"""Images in the first slice of a model, before its speed is known."""

_log = structlog.get_logger("loupe.inference.backend")


class TorchChildBackend:
    """A `ModelBackend` with one child process, started at the first call and again after its death.

    Args:
        threads: Threads that decode and compute in the child.
        device: "cpu", "cuda" or "auto".
        max_pixels: Images with more are refused.
        time_limit: For one slice of a batch; a child that takes longer is killed.
        nice: Added to the child's niceness, so that people's requests come first.
        files: Finds the files of registered versions; None: there are none.
        target: What the child runs.
    """

    def __init__(
        self,
        *,
        threads: int,
        device: str,
        max_pixels: int,
        time_limit: timedelta,
        nice: int = 5,
        files: ModelFiles | None = None,
        target: str = _TARGET,
    ) -> None:
        self._threads = threads
        self._device = device
        self._max_pixels = max_pixels
        self._time_limit = time_limit
        self._child = ChildProcess(target, threads=1, nice=nice, env=ENVIRONMENT)
        self._files = files
        self._turns = Turns()
        self._seconds_an_image: dict[str, float] = {}

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._child.pid

    async def analyse(
        self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
    ) -> list[Outcome]:
        """See `ModelBackend`. Large batches are computed in slices, so that others get their turn between."""
        outcomes: list[Outcome] = []
        file = await self._files.find(model, version) if self._files is not None else None
        while len(outcomes) < len(images):
            some = tuple(images[len(outcomes) :][: self._slice(model)])
            job = AnalyseJob(model, version, some, self._threads, self._device, self._max_pixels, file)
            # Waiting for one's turn does not count as being slow.
            async with self._turns.take(urgent=urgent):
                begun = time.monotonic()
                outcomes += await self._compute(job)
                self._seconds_an_image[model] = (time.monotonic() - begun) / len(some)
        return outcomes

    async def close(self) -> None:
        """See `ModelBackend`."""
        await self._child.close()

    def _slice(self, model: str) -> int:
        seconds = self._seconds_an_image.get(model)
        wanted = round(_SLICE_SECONDS / seconds) if seconds else _FIRST_SLICE
        # Several for each thread: at the end of a slice the last ones wait for each other.
        return max(wanted, 8 * self._threads)

    async def _compute(self, job: AnalyseJob) -> list[Outcome]:
        try:
            # A machine under load may take long to start a process; that is no fault of the images.
            if self._child.pid is None:
                await self._child.start()
            async with asyncio.timeout(self._time_limit.total_seconds()):
                outcomes: list[Outcome] = await self._child.call(job)
        except ChildDied as error:
            _log.warning("model_host_died", exit_code=error.exit_code, signal=error.signal_name, images=len(job.images))
            raise BackendDied(error.exit_code) from error
        except TimeoutError as error:
            _log.warning("model_host_timed_out", limit_s=self._time_limit.total_seconds(), images=len(job.images))
            raise BackendTimedOut from error
        except LoupeError:
            raise
        except Exception as error:
            # The network itself failed, such as for lack of memory: start it anew like after a crash.
            _log.exception("model_host_failed", images=len(job.images))
            await self._child.kill()
            raise BackendDied(None) from error
        return outcomes
