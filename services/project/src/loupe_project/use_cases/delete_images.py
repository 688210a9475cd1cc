"""Deleting images: the rows in pieces, the bytes and features by the remover afterwards."""

import asyncio
from collections.abc import Callable

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain.errors import OperationCancelled
from loupe_project.domain.operation import Operation
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.ports.work import WorkSignal
from loupe_project.use_cases import image_jobs

_PIECE = 200
"""Images a transaction: others wait no longer than a blink."""


class DeleteImages:
    """Handler of DELETE_IMAGES. What a first run deleted is simply not there any more for a second one.

    Args:
        stores: Makes transactions.
        removals: Rung when bytes and features wait for their end.
        respond: Makes the response of how many were deleted.
        clock: Dates the removals.
    """

    def __init__(
        self, stores: StoreFactory, removals: WorkSignal, respond: Callable[[int], Message], clock: Clock
    ) -> None:
        self._stores = stores
        self._removals = removals
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, _ = image_jobs.unpack(operation.request)
        await progress.report(phase="images", done=0, total=len(image_ids))
        for start in range(0, len(image_ids), _PIECE):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            piece = image_ids[start : start + _PIECE]
            async with self._stores() as store:
                await store.images.delete(operation.project_id, piece, self._clock.now())
                await store.commit()
            self._removals.ring()
            await progress.report(done=start + len(piece))
        return self._respond(len(image_ids))


def cancelled_operation(operation: Operation) -> OperationCancelled:
    """The end of an operation that somebody stopped."""
    return OperationCancelled("The operation was cancelled; what it had finished stays.", operation=operation.id)
