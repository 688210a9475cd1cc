"""Deleting images: they go into the trash in pieces; `trash.py` brings them back or lets them go for good."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain.operation import Operation
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.retry import retry_conflicts
from loupe_project.use_cases.trashing import throw_away

_PIECE = 1_000
"""Images a transaction: others wait no longer than a blink."""


class DeleteImages:
    """Handler of DELETE_IMAGES. What a first run deleted is simply not there any more for a second one.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many were deleted.
        clock: Dates the deletion.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, _ = image_jobs.unpack(operation.request)
        async for piece in image_jobs.pieces(operation, image_ids, _PIECE, progress, cancelled):
            await retry_conflicts(partial(self._delete, operation, piece))
        return self._respond(len(image_ids))

    async def _delete(self, operation: Operation, image_ids: Sequence[str]) -> None:
        async with self._stores() as store:
            await throw_away(store, await begin_operation(store, operation), image_ids, self._clock.now())
            await store.commit()
