"""Worker processes: one for each piece of work, so that a crash or a cancellation ends nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import structlog

from loupe_kit.child import ChildDied, ChildProcess
from loupe_reduction.adapters.fair_queue import FairQueue
from loupe_reduction.domain.errors import WorkerCrashed
from loupe_reduction.domain.jobs import Job, Result, SpooledFeatures, WorkOrder
from loupe_reduction.domain.progress import Report
from loupe_reduction.ports import Worker

TARGET = "loupe_reduction.adapters.worker_main:run"

_log = structlog.get_logger("loupe.reduction")


class ProcessWorker:
    """A worker process that is reserved for one piece of work.

    Args:
        child: the process.
        starting: done when the process has started.
        threads: threads that it may use.
        gpu: whether it may use the GPU.
    """

    def __init__(self, child: ChildProcess, starting: asyncio.Future[None], threads: int, gpu: bool) -> None:
        self._child = child
        self._starting = starting
        self._threads = threads
        self._gpu = gpu

    async def ready(self) -> None:
        """Waits until the process has started; if it cannot, `run` says why."""
        await asyncio.wait([self._starting])

    async def run(self, job: Job, features: SpooledFeatures, report: Report) -> Result:
        """Does the work; see `loupe_reduction.ports.Worker`."""
        try:
            order = WorkOrder(job, features, self._threads, self._gpu)
            return cast("Result", await self._child.call(order, on_progress=report))
        except ChildDied as died:
            _log.warning("worker_crashed", exit_code=died.exit_code, job=type(job).__name__)
            raise WorkerCrashed(
                f"{died} It may have run out of memory: try fewer images, or give the reduction service more memory.",
                exit_code=str(died.exit_code),
            ) from died
        except MemoryError as error:
            raise WorkerCrashed(
                "The worker process ran out of memory: try fewer images, or give the reduction service more memory.",
                exit_code="0",
            ) from error


class ProcessWorkers:
    """All worker processes of this service. They start when needed and end when idle.

    Args:
        places: processes at the same time.
        max_waiting: requests that may wait for one.
        threads: threads of each process.
        nice: how far each process stands back behind serving ones, 0 to 19.
        idle_s: seconds after which a process without work ends and gives its memory back.
        cache_dir: folder in which compiled kernels are kept.
        gpu: whether they search neighbours on the GPU, if they see one.
        target: what the processes run, `module:function`; tests give another.
    """

    def __init__(
        self,
        *,
        places: int,
        max_waiting: int,
        threads: int,
        nice: int,
        idle_s: float,
        cache_dir: Path,
        gpu: bool = False,
        target: str = TARGET,
    ) -> None:
        self._queue = FairQueue(places, max_waiting)
        self._threads = threads
        self._nice = nice
        self._idle_s = idle_s
        self._cache_dir = cache_dir
        self._gpu = gpu
        self._target = target
        self._idle: dict[ChildProcess, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def reserve(self, requester: str, on_position: Callable[[int], None]) -> AsyncIterator[Worker]:
        """Waits for a free process and keeps it until the end of the block; see `loupe_reduction.ports.Workers`."""
        async with self._queue.place(requester, on_position):
            child = self._take()
            # It imports its libraries while the caller still reads vectors; if that fails, the call says so.
            starting = asyncio.ensure_future(child.start())
            try:
                yield ProcessWorker(child, starting, self._threads, self._gpu)
            except (asyncio.CancelledError, GeneratorExit):
                # A second cancellation must not leave the process behind.
                await asyncio.shield(self._in_background(self._drop(child, starting)))
                raise
            except BaseException:
                await self._keep(child, starting)
                raise
            await self._keep(child, starting)

    async def close(self) -> None:
        """Ends all idle processes."""
        idle, self._idle = self._idle, {}
        for child, timer in idle.items():
            timer.cancel()
            await child.close()
        await asyncio.gather(*self._ending)

    def _take(self) -> ChildProcess:
        if self._idle:
            child, timer = self._idle.popitem()
            timer.cancel()
            return child
        environment = {"NUMBA_CACHE_DIR": str(self._cache_dir)}
        return ChildProcess(self._target, threads=1, nice=self._nice, env=environment)

    async def _drop(self, child: ChildProcess, starting: asyncio.Future[None]) -> None:
        # Whatever it is doing is of no use any more: free the cores at once.
        await child.kill()
        await asyncio.gather(starting, return_exceptions=True)
        await child.close()

    async def _keep(self, child: ChildProcess, starting: asyncio.Future[None]) -> None:
        await asyncio.gather(starting, return_exceptions=True)
        self._idle[child] = asyncio.get_running_loop().call_later(self._idle_s, self._end, child)

    def _end(self, child: ChildProcess) -> None:
        if self._idle.pop(child, None) is not None:
            self._in_background(child.close())

    def _in_background(self, ending: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(ending)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task
