"""Merging tags: asking for it, and doing it piece by piece. A second run goes on where the first one was cut short."""

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
from loupe_project.domain import names
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.domain.tag import Tag
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.cancelling import cancelled_operation
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.manage_tags import existing_tag, ids_within, refuse_automatic
from loupe_project.use_cases.retry import retry_conflicts

MAX_SOURCES = 100
_PIECE = 1_000
"""Images a transaction."""


async def ask_merge_tags(
    store: Store, scope: Scope, project_id: str, tag_id: str, sources: Sequence[tuple[str, ...]], now: datetime
) -> Operation:
    """Write the operation that merges tags into one; the runner takes it after the commit.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Where the tag that stays is.
        tag_id: The tag that stays.
        sources: Those that go into it, each with the id of its project.
        now: Time of the call.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        InvalidArgument: If there are no sources, too many, or the tag that stays is one of them.
        TagNotFound: If one of the tags does not exist.
        TagIsAutomatic: If one of them is Loupe's own.
    """
    await access.editor(store, scope, project_id)
    source_ids = ids_within(project_id, sources)
    if not 1 <= len(source_ids) <= MAX_SOURCES or tag_id in source_ids:
        raise InvalidArgument(
            f"Name 1 to {MAX_SOURCES} tags that go into the one that stays, and not that one itself.",
            fields=[FieldViolation("sources", f"must hold 1 to {MAX_SOURCES} other tags")],
        )
    for one in (tag_id, *source_ids):
        refuse_automatic(await existing_tag(store, scope, project_id, one), "merged")
    operation = Operation.asked(
        ids.new_id(),
        OperationKind.MERGE_TAGS,
        project_id=project_id,
        target=names.tag(project_id, tag_id),
        request=json.dumps({"target": tag_id, "sources": source_ids}).encode(),
        scope=scope,
        now=now,
    )
    await store.operations.add(operation)
    return operation


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came."""

    images: int = 0
    added: int = 0


class MergeTags:
    """Handler of MERGE_TAGS.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many images had a merged tag, and how many of them lacked the one that stays.
        clock: Dates the change.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`.

        Raises:
            TagNotFound: If the tag that stays was deleted meanwhile.
        """
        wish = json.loads(operation.request)
        async with self._stores(read_only=True) as store:
            left = await store.tags.image_count(wish["sources"])
        state = _State.from_bytes(operation.checkpoint)
        await progress.report(phase="images", done=state.images, total=state.images + left)
        is_done = False
        while not is_done:
            if cancelled.is_set():
                raise cancelled_operation(operation)
            merge = partial(self._merge, operation, wish["target"], wish["sources"], state, progress)
            state, is_done = await retry_conflicts(merge)
            await progress.report(done=state.images)
        return self._respond(state.images, state.added)

    async def _merge(
        self, operation: Operation, target_id: str, source_ids: Sequence[str], state: _State, progress: ProgressSink
    ) -> tuple[_State, bool]:
        """One piece; True when no image has a merged tag any more, and these are deleted."""
        now = self._clock.now()
        async with self._stores() as store:
            target = await existing_tag(store, operation.scope, operation.project_id, target_id)
            sources = await _those_left(store, operation, source_ids)
            change = await begin_operation(store, operation)
            images, added = await store.tags.merge_by(change.id, sources, target, image_limit=_PIECE, now=now)
            if not images:
                for tag in sources:
                    await store.tags.delete(tag, change_id=change.id, now=now)
            state = _State(state.images + images, state.added + added)
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state, not images


async def _those_left(store: Store, operation: Operation, tag_ids: Sequence[str]) -> list[Tag]:
    """Tags that nobody deleted meanwhile."""
    found = [await store.tags.get(operation.scope, operation.project_id, one) for one in tag_ids]
    return [tag for tag in found if tag is not None]
