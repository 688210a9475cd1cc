"""Undoing an operation: asking for it, and taking back piece by piece what nobody changed since.

Undoing is an operation that alters images itself, so it stands in their history and can be undone.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from google.protobuf.message import Message

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_project.domain.errors import OperationNotFound, OperationNotUndoable
from loupe_project.domain.history import Alteration, Fact
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.ports.history import Reverter
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.cancelling import cancelled_operation
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.retry import retry_conflicts

_PIECE = 1_000
"""Images a transaction."""


async def ask_undo(store: Store, scope: Scope, project_id: str, operation_id: str, now: datetime) -> Operation:
    """Write the operation that undoes another one; the runner takes it after the commit.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        OperationNotFound: If there is none, or it is somebody else's and the caller does not own the project.
        OperationNotUndoable: If it runs still, or there is nothing known to be taken back.
    """
    project = await access.editor(store, scope, project_id)
    undone = await store.operations.get(project_id, operation_id)
    if undone.creator != scope.principal and project.caller_role is not ProjectRole.OWNER:
        raise OperationNotFound(
            "There is no such operation of yours; list those of the project.", operation=operation_id
        )
    if not undone.is_done:
        raise OperationNotUndoable("The operation runs still; cancel it or wait, then undo it.", operation=operation_id)
    if undone.kind is OperationKind.MODIFY_IMAGE_ACCESS:
        raise OperationNotUndoable(
            "Who may see images is not undone; ListImageHistory says what it was, ModifyImageAccess gives it again.",
            operation=operation_id,
        )
    if await store.history.get(project_id, operation_id) is None:
        raise OperationNotUndoable(
            "There is nothing to take back: the operation changed no images, is of a kind that cannot be undone, or "
            "its history is forgotten.",
            operation=operation_id,
        )
    operation = Operation.asked(
        ids.new_id(),
        OperationKind.UNDO_OPERATION,
        project_id=project_id,
        target=undone.name,
        request=operation_id.encode(),
        scope=scope,
        now=now,
    )
    await store.operations.add(operation)
    return operation


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came."""

    after: str = ""
    """Id of the last image."""
    images: int = 0
    reverted: int = 0
    kept: int = 0


class UndoOperation:
    """Handler of UNDO_OPERATION.

    Args:
        stores: Makes transactions.
        reverters: Who takes back which facts.
        respond: Makes the response of how many images, changes taken back and changes left alone there were.
        clock: Dates the change.
    """

    def __init__(
        self,
        stores: StoreFactory,
        reverters: Mapping[Fact, Reverter],
        respond: Callable[[int, int, int], Message],
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._reverters = reverters
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        undone_id = operation.request.decode()
        async with self._stores(read_only=True) as store:
            total = await store.history.image_count(undone_id)
        state = _State.from_bytes(operation.checkpoint)
        await progress.report(phase="images", done=state.images, total=total)
        is_done = False
        while not is_done:
            if cancelled.is_set():
                raise cancelled_operation(operation)
            state, is_done = await retry_conflicts(partial(self._undo, operation, undone_id, state, progress))
            await progress.report(done=state.images)
        return self._respond(state.images, state.reverted, state.kept)

    async def _undo(
        self, operation: Operation, undone_id: str, state: _State, progress: ProgressSink
    ) -> tuple[_State, bool]:
        """One piece; True when there is no more."""
        now = self._clock.now()
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            piece = await store.history.piece_of(undone_id, after_image_id=state.after, image_limit=_PIECE)
            if not piece.last_image_id:
                return state, True
            by_fact: dict[Fact, list[Alteration]] = defaultdict(list)
            for one in piece.alterations:
                by_fact[one.fact].append(one)
            reverted = 0
            for fact, alterations in sorted(by_fact.items()):
                if fact in self._reverters:
                    reverted += await self._reverters[fact].put_back(store, change, alterations, now)
            kept = piece.overwritten_count + len(piece.alterations) - reverted
            state = _State(
                piece.last_image_id, state.images + piece.image_count, state.reverted + reverted, state.kept + kept
            )
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state, False
