"""Progress of a running operation: kept in memory, written at most five times a second, never without the lease."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from loupe_kit.clock import Clock
from loupe_kit.errors import LoupeError
from loupe_kit.status import to_status_proto
from loupe_project.domain.operation import MAX_FAILURES, Operation, Progress
from loupe_project.ports.operations import OperationRepository, OperationWaker
from loupe_project.ports.store import StoreFactory

WRITE_SECONDS = 0.2


class LeaseLost(Exception):
    """Another process runs the operation now; whoever gets this stops without a trace."""


class LeasedProgress:
    """The `ProgressSink` of one run of one operation."""

    def __init__(
        self, uow_factory: StoreFactory, hub: OperationWaker, clock: Clock, operation: Operation, owner: str
    ) -> None:
        self._uow_factory = uow_factory
        self._hub = hub
        self._clock = clock
        self._id = operation.id
        self._owner = owner
        self._progress = replace(operation.progress, failed_count=0, failures=())
        self._is_dirty = False
        self._last_write = float("-inf")

    async def report(
        self,
        *,
        phase: str | None = None,
        done: int | None = None,
        total: int | None = None,
        failed: int | None = None,
        fraction: float | None = None,
        failures: Sequence[LoupeError] = (),
    ) -> None:
        """See `ProgressSink`."""
        given: dict[str, Any] = {"phase": phase, "done_count": done, "total_count": total, "failed_count": failed}
        progress = replace(self._progress, **{name: value for name, value in given.items() if value is not None})
        if failures:
            statuses = [to_status_proto(one).SerializeToString(deterministic=True) for one in failures]
            progress = replace(progress, failures=(*progress.failures, *statuses)[:MAX_FAILURES])
        if fraction is None and progress.total_count:
            fraction = progress.done_count / progress.total_count
        if fraction is not None:
            progress = replace(progress, fraction=min(max(fraction, 0.0), 1.0))
        self._progress = progress
        self._is_dirty = True
        if self._clock.monotonic() - self._last_write >= WRITE_SECONDS:
            await self.flush()

    async def save_checkpoint(self, checkpoint: bytes) -> None:
        """See `ProgressSink`."""
        async with self._uow_factory() as uow:
            await self.checkpoint_with(uow.operations, checkpoint)
            await uow.commit()

    async def checkpoint_with(self, operations: OperationRepository, checkpoint: bytes) -> None:
        """See `ProgressSink`."""
        if not await operations.save_checkpoint(self._id, self._owner, checkpoint):
            raise LeaseLost

    async def flush(self) -> None:
        """Write what was not written yet.

        Raises:
            LeaseLost: If another process runs the operation now.
        """
        if not self._is_dirty:
            return
        self._is_dirty = False
        self._last_write = self._clock.monotonic()
        async with self._uow_factory() as uow:
            if not await uow.operations.save_progress(self._id, self._owner, self._progress, self._clock.now()):
                raise LeaseLost
            await uow.commit()
        self._hub.tell_progress(self._id)

    def final(self, *, went_well: bool) -> Progress:
        """What the finished operation shows."""
        return replace(self._progress, fraction=1.0, phase="") if went_well else self._progress
