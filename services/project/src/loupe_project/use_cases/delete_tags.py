"""Deleting tags: asking for it, and taking them off their images piece by piece. A second run goes on with the rest."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from google.protobuf.message import Message

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import audit, names
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.cancelling import cancelled_operation
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.manage_tags import existing_tag, ids_within, refuse_automatic
from loupe_project.use_cases.retry import retry_conflicts

MAX_TAGS = 100
_PIECE = 2_000
"""Images a transaction, as where a tag is taken off chosen ones."""


async def ask_delete_tags(
    store: Store, scope: Scope, project_id: str, tags: Sequence[tuple[str, ...]], now: datetime
) -> Operation:
    """Write the operation that deletes tags; the runner takes it after the commit.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Where the tags are.
        tags: Which, each with the id of its project.
        now: Time of the call.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        InvalidArgument: If there are none, or too many.
        TagNotFound: If one of the tags does not exist.
        TagIsAutomatic: If one of them is Loupe's own.
    """
    await access.editor(store, scope, project_id)
    tag_ids = ids_within(project_id, tags)
    if not 1 <= len(tag_ids) <= MAX_TAGS:
        raise InvalidArgument(
            f"Name 1 to {MAX_TAGS} tags to delete; these are {len(tag_ids)}.",
            fields=[FieldViolation("names", f"must hold 1 to {MAX_TAGS} tags")],
        )
    for one in tag_ids:
        tag = await existing_tag(store, scope, project_id, one)
        refuse_automatic(tag, "deleted")
        told = {"display_name": tag.display_name, "images": str(tag.image_count)}
        await store.audit.add(audit.event(scope, audit.Action.DELETE_TAG, names.tag(project_id, one), now, **told))
    operation = Operation.asked(
        ids.new_id(),
        OperationKind.DELETE_TAGS,
        project_id=project_id,
        target=names.project(project_id),
        request=json.dumps(tag_ids).encode(),
        scope=scope,
        now=now,
    )
    await store.operations.add(operation)
    return operation


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came."""

    tags: int = 0
    """Deleted ones."""
    links: int = 0
    """Places on images that are gone."""


class DeleteTags:
    """Handler of DELETE_TAGS.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many tags there were, and on how many images they stood in all.
        clock: Dates the change.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        tag_ids: list[str] = json.loads(operation.request)
        state = _State.from_bytes(operation.checkpoint)
        async with self._stores(read_only=True) as store:
            left = sum([await store.tags.image_count([one]) for one in tag_ids])
        await progress.report(phase="images", done=state.links, total=state.links + left)
        while state.tags < len(tag_ids):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            state = await retry_conflicts(partial(self._delete, operation, tag_ids[state.tags], state, progress))
            await progress.report(done=state.links)
        return self._respond(len(tag_ids), state.links)

    async def _delete(self, operation: Operation, tag_id: str, state: _State, progress: ProgressSink) -> _State:
        """One piece of a tag; the tag itself when no image has it any more."""
        now, project_id = self._clock.now(), operation.project_id
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            # Somebody may have deleted it meanwhile, or merged it away.
            tag = (await store.tags.by_ids(project_id, [tag_id])).get(tag_id)
            gone = 0
            if tag is not None:
                image_ids = await store.tags.image_ids(tag, limit=_PIECE)
                gone = await store.tags.take_off_by(change.id, tag, image_ids, now)
                if not gone:
                    await store.tags.delete(tag, change_id=change.id, now=now)
            state = _State(state.tags + (not gone), state.links + gone)
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state
