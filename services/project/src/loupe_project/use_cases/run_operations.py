"""Runs long work: takes operations on lease, hands each to the handler of its kind, writes how it ends.

A process that dies lets its leases run out, and another goes on; each write names its lease, so that a process that was
only slow can no longer change anything. A process that is alone takes up what it left behind at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog
from google.protobuf import any_pb2

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import Internal, LoupeError
from loupe_kit.status import to_status_proto
from loupe_kit.storage_full import storage_full
from loupe_project.domain.errors import OperationCancelled
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import OperationHandler
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.operation_hub import OperationHub, wait_for
from loupe_project.use_cases.operation_progress import LeasedProgress, LeaseLost
from loupe_project.use_cases.recheck import RECHECK_SECONDS

_log = structlog.get_logger("loupe.project.operations")

RightsCheck = Callable[[Operation], Awaitable[Scope]]

CANCEL_GRACE_SECONDS = 0.1
"""How long a handler may take to notice that it shall stop, before its task is cancelled."""


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """How the runner works."""

    max_running: int = 4
    """Most operations at a time in this process."""
    lease: timedelta = timedelta(seconds=30)
    """How long an operation of a process that died waits for another."""
    poll_seconds: float = 1.0
    """How often it looks for work and for cancellations that other processes took in."""
    is_alone: bool = False
    """Whether no other process shares the store: what was running before the start is then taken up at once."""


@dataclass(slots=True)
class _Run:
    """An operation in the hands of this process."""

    operation: Operation
    owner: str
    progress: LeasedProgress
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    was_cancelled: bool = False
    has_lost_lease: bool = False
    refusal: LoupeError | None = None
    """Why its creator may not go on."""
    checked_at: float = float("-inf")
    """When his rights were looked at, by the monotonic clock."""


class OperationRunner:
    """Background task of the project service.

    Args:
        uow_factory: Makes units of work.
        handlers: Who does which kind.
        hub: Wakes this runner and is woken by it.
        clock: Time of leases.
        options: How it works.
        check: Tells with which rights an operation goes on, and raises when its creator lost them; None: as it began.
    """

    def __init__(
        self,
        uow_factory: StoreFactory,
        handlers: Mapping[OperationKind, OperationHandler],
        hub: OperationHub,
        clock: Clock,
        options: RunnerOptions | None = None,
        check: RightsCheck | None = None,
    ) -> None:
        self._uow_factory = uow_factory
        self._handlers = handlers
        self._hub = hub
        self._clock = clock
        self._options = options or RunnerOptions()
        self._check = check
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self) -> None:
        """Begin to take operations."""
        if self._options.is_alone:
            async with self._uow_factory() as uow:
                await uow.operations.release_all(self._clock.now())
                await uow.commit()
        self._loop = asyncio.create_task(self._take_forever(), name="operation-runner")

    async def stop(self) -> None:
        """Stop what is running and give it back, so that it goes on elsewhere or after the next start."""
        self._is_stopping = True
        tasks = [*self._tasks, *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_forever(self) -> None:
        while True:
            try:
                await self._take()
            except Exception:  # noqa: BLE001 - a database that is away for a moment must not end the runner
                _log.exception("operations_not_taken")
            await self._hub.wait_for_work(self._options.poll_seconds)

    async def _take(self) -> None:
        free = self._options.max_running - len(self._tasks)
        if free <= 0:
            return
        async with self._uow_factory(read_only=True) as uow:
            if not await uow.operations.has_work(self._clock.now()):
                return
        owner, now = ids.new_id(), self._clock.now()
        async with self._uow_factory() as uow:
            operations = await uow.operations.lease(owner, now, now + self._options.lease, free)
            await uow.commit()
        for operation in operations:
            task = asyncio.create_task(self._run(operation, owner), name=f"operation-{operation.id}")
            self._tasks.add(task)
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("operation_runner_failed", exc_info=task.exception())
        self._hub.wake("")

    async def _run(self, operation: Operation, owner: str) -> None:
        progress = LeasedProgress(self._uow_factory, self._hub, self._clock, operation, owner)
        run = _Run(operation, owner, progress)
        work = asyncio.create_task(self._work(run))
        guard = asyncio.create_task(self._guard(run, work))
        try:
            response, error = await work
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            if not run.has_lost_lease:
                await self._give_back(run)
            if self._is_stopping:
                raise
            return
        finally:
            guard.cancel()
            await asyncio.gather(guard, return_exceptions=True)
        await self._finish(run, response, error)

    async def _work(self, run: _Run) -> tuple[bytes, bytes]:
        """Response and error, one of them empty."""
        operation = run.operation
        try:
            operation = await self._authorised(run)
            response = await self._handlers[operation.kind].run(operation, run.progress, run.cancelled)
            await self._authorised(run)
        except LeaseLost:
            run.has_lost_lease = True
            raise asyncio.CancelledError from None
        except asyncio.CancelledError:
            if not run.was_cancelled:
                raise
            return b"", _status(run.refusal or _cancelled(operation))
        except LoupeError as error:
            return b"", _status(run.refusal or error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the operation has to end and say so
            _log.exception("operation_failed", operation=operation.id, kind=operation.kind.name)
            fault = Internal(
                "The work ended with a fault of ours; try again, and tell your operator.", operation=operation.id
            )
            return b"", _status(storage_full(error) or fault)
        packed = any_pb2.Any()
        packed.Pack(response)
        return packed.SerializeToString(deterministic=True), b""

    async def _guard(self, run: _Run, work: asyncio.Task[tuple[bytes, bytes]]) -> None:
        """Keep the lease, write late progress, and stop the work when somebody wants it stopped."""
        news = self._hub.enter(run.operation.id, progress=False)
        try:
            stop_wanted = run.operation.cancel_requested
            while not stop_wanted:
                await wait_for(news, self._options.poll_seconds)
                news.clear()
                await run.progress.flush()
                stop_wanted = await self._renew(run) or await self._is_refused(run)
        except LeaseLost:
            run.has_lost_lease = True
            work.cancel()
            return
        finally:
            self._hub.leave(run.operation.id, news)
        run.was_cancelled = True
        run.cancelled.set()
        await asyncio.sleep(CANCEL_GRACE_SECONDS)
        work.cancel()

    async def _authorised(self, run: _Run) -> Operation:
        """The operation with its creator's rights as they are now.

        Raises:
            LoupeError: If he may not go on.
        """
        run.checked_at = self._clock.monotonic()
        if self._check is None:
            return run.operation
        return replace(run.operation, scope=await self._check(run.operation))

    async def _is_refused(self, run: _Run) -> bool:
        """Whether the creator lost the right to go on; looked at every two seconds."""
        if self._clock.monotonic() - run.checked_at < RECHECK_SECONDS:
            return False
        try:
            await self._authorised(run)
        except LoupeError as error:
            run.refusal = error
            return True
        return False

    async def _renew(self, run: _Run) -> bool:
        """Hold the lease longer; whether the operation shall stop."""
        async with self._uow_factory() as uow:
            until = self._clock.now() + self._options.lease
            operation = await uow.operations.renew(run.operation.id, run.owner, until)
            await uow.commit()
        if operation is None:
            raise LeaseLost
        return operation.cancel_requested

    async def _finish(self, run: _Run, response: bytes, error: bytes) -> None:
        progress = run.progress.final(went_well=not error)
        async with self._uow_factory() as uow:
            now = self._clock.now()
            await uow.operations.finish(
                run.operation.id, run.owner, progress=progress, response=response, error=error, now=now
            )
            await uow.commit()
        self._hub.wake(run.operation.id)

    async def _give_back(self, run: _Run) -> None:
        async with self._uow_factory() as uow:
            await uow.operations.release(run.operation.id, run.owner)
            await uow.commit()


def _cancelled(operation: Operation) -> OperationCancelled:
    return OperationCancelled("The operation was cancelled; what it had finished stays.", operation=operation.id)


def _status(error: LoupeError) -> bytes:
    return to_status_proto(error).SerializeToString(deterministic=True)
