"""Narrowing and widening who may see chosen images: what the operation MODIFY_IMAGE_ACCESS does."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain.history import Alteration, Fact, to_json
from loupe_project.domain.image_access import AccessWish, ImageAccess
from loupe_project.domain.operation import Operation
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access, image_jobs
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.image_access import name_of
from loupe_project.use_cases.retry import retry_conflicts

_PIECE = 500


class ModifyImageAccess:
    """Handler of MODIFY_IMAGE_ACCESS. Doing a piece twice changes nothing the second time.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many images there were, readers added, and readers taken away.
        clock: Dates the history.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int, int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, data = image_jobs.unpack(operation.request)
        wish = AccessWish.from_bytes(data)
        totals = (0, 0, 0)
        async for piece in image_jobs.pieces(operation, image_ids, _PIECE, progress, cancelled):
            done = await retry_conflicts(partial(self._modify, operation, piece, wish))
            totals = (totals[0] + done[0], totals[1] + done[1], totals[2] + done[2])
        return self._respond(*totals)

    async def _modify(self, operation: Operation, image_ids: Sequence[str], wish: AccessWish) -> tuple[int, int, int]:
        async with self._stores() as store:
            # Sharing is the owner's alone, and the project may have another one by now.
            await access.owner(store, operation.scope, operation.project_id)
            here = sorted(await store.images.existing(operation.scope, operation.project_id, image_ids))
            before = await store.image_access.get_many(here)
            done = await store.image_access.modify(operation.project_id, image_ids, wish)
            after = await store.image_access.get_many(here)
            change = await begin_operation(store, operation)
            lines = [
                Alteration(one, Fact.ACCESS, "", _written(before[one]), _written(after[one]))
                for one in here
                if before[one] != after[one]
            ]
            await store.history.record(change.id, lines, self._clock.now())
            await store.commit()
        return done


def _written(access: ImageAccess) -> str:
    return to_json({"mode": access.mode, "readers": [name_of(one) for one in access.readers]})
