"""What long work needs from outside, and what a kind of long work has to offer to be run."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from google.protobuf.message import Message

from loupe_kit.errors import LoupeError
from loupe_project.domain.operation import Operation, Progress


class ProgressSink(Protocol):
    """Takes news from a running handler; writes to the database at most a few times a second."""

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
        """Change what is given, keep the rest; `failures` are added to those before.

        Without `fraction` it is done ÷ total. Raises LeaseLost when another process runs the operation now: let it
        through.
        """
        ...

    async def save_checkpoint(self, checkpoint: bytes) -> None:
        """Keep what a later run of this handler should know; it finds it in `Operation.checkpoint`."""
        ...

    async def checkpoint_with(self, operations: "OperationRepository", checkpoint: bytes) -> None:
        """Keep it in the transaction of `operations`, so that it is true together with what else is written there."""
        ...


class OperationHandler(Protocol):
    """Does one kind of operation.

    A handler may be run again from the start after a crash, so what it did before must be found, not done twice.
    """

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Do the work and give the response message of the operation.

        When `cancelled` is set, tidy up and raise OperationCancelled (or return if it is done anyhow). A handler that
        has not ended 100 ms later is cancelled as an asyncio task. Any LoupeError becomes the operation's error.
        """
        ...


class OperationWaker(Protocol):
    """Tells the runner and watchers in this process that an operation changed."""

    def wake(self, operation_id: str) -> None:
        """It is new, shall stop, or has ended; call it after the commit. New operations start at once through it."""
        ...

    def tell_progress(self, operation_id: str) -> None:
        """It got on: watchers look, the runner need not."""
        ...


class OperationRepository(Protocol):
    """Operations in the store. Rights are checked by whoever looks up the project first."""

    async def add(self, operation: Operation) -> None:
        """Keep a new operation; the runner takes it after the commit."""
        ...

    async def get(self, project_id: str, operation_id: str) -> Operation:
        """One operation.

        Raises:
            OperationNotFound: If the project has none of this id.
        """
        ...

    async def is_open(self, project_id: str, operation_id: str) -> bool:
        """Whether the project has it and it is not done."""
        ...

    async def list_by_creator(
        self, project_id: str, creator: str, *, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[Operation]:
        """Newest first; `before` is (create_time, id) of the last one seen."""
        ...

    async def request_cancel(self, project_id: str, operation_id: str, now: datetime) -> None:
        """Ask it to stop; nothing changes once it is done."""
        ...

    async def has_work(self, now: datetime) -> bool:
        """Whether `lease` would find something."""
        ...

    async def lease(self, owner: str, now: datetime, until: datetime, limit: int) -> list[Operation]:
        """Take up to `limit` operations that wait or whose lease ran out, the oldest first."""
        ...

    async def release_all(self, now: datetime) -> None:
        """Let every lease run out now; for a process that knows that it is alone."""
        ...

    async def release(self, operation_id: str, owner: str) -> None:
        """Give a lease back, so that another process can go on at once."""
        ...

    async def renew(self, operation_id: str, owner: str, until: datetime) -> Operation | None:
        """Hold the lease longer; the operation as it stands, or None when another owner has it."""
        ...

    async def save_progress(self, operation_id: str, owner: str, progress: Progress, now: datetime) -> bool:
        """Write progress; False when another owner has the lease."""
        ...

    async def save_checkpoint(self, operation_id: str, owner: str, checkpoint: bytes) -> bool:
        """Write the handler's checkpoint; False when another owner has the lease."""
        ...

    async def finish(
        self, operation_id: str, owner: str, *, progress: Progress, response: bytes, error: bytes, now: datetime
    ) -> bool:
        """End it; False when another owner has the lease."""
        ...
