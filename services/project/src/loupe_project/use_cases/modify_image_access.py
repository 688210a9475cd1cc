"""Narrowing and widening who may see chosen images: what the operation MODIFY_IMAGE_ACCESS does."""

import asyncio
from collections.abc import Callable
from functools import partial

from google.protobuf.message import Message

from loupe_project.domain.image_access import AccessWish
from loupe_project.domain.operation import Operation
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access, image_jobs
from loupe_project.use_cases.delete_images import cancelled_operation
from loupe_project.use_cases.retry import retry_conflicts

_PIECE = 500


class ModifyImageAccess:
    """Handler of MODIFY_IMAGE_ACCESS. Doing a piece twice changes nothing the second time.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many images there were, readers added, and readers taken away.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int, int], Message]) -> None:
        self._stores = stores
        self._respond = respond

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, data = image_jobs.unpack(operation.request)
        wish = AccessWish.from_bytes(data)
        await progress.report(phase="images", done=0, total=len(image_ids))
        totals = (0, 0, 0)
        for start in range(0, len(image_ids), _PIECE):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            piece = image_ids[start : start + _PIECE]
            done = await retry_conflicts(partial(self._modify, operation, piece, wish))
            totals = (totals[0] + done[0], totals[1] + done[1], totals[2] + done[2])
            await progress.report(done=start + len(piece))
        return self._respond(*totals)

    async def _modify(self, operation: Operation, image_ids: list[str], wish: AccessWish) -> tuple[int, int, int]:
        async with self._stores() as store:
            # Sharing is the owner's alone, and the project may have another one by now.
            await access.owner(store, operation.scope, operation.project_id)
            done = await store.image_access.modify(operation.project_id, image_ids, wish)
            await store.commit()
        return done
