"""Putting tags on chosen images and taking others off."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.image import Origin
from loupe_project.domain.operation import Operation
from loupe_project.domain.text import fold
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.manage_tags import checked_text
from loupe_project.use_cases.retry import retry_conflicts

MAX_TAGS = 100
_PIECE = 5_000
"""Places of tags a transaction: a tenth of a second, so that other writers wait no longer than a blink."""


@dataclass(frozen=True, slots=True)
class TagWish:
    """Texts of tags to put on and to take off."""

    add: tuple[str, ...]
    remove: tuple[str, ...]

    def coming(self) -> list[str]:
        """Texts to put on that are not to be taken off as well: a change alters a fact once."""
        going = {fold(text) for text in self.remove}
        return [text for text in self.add if fold(text) not in going]

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps({"add": self.add, "remove": self.remove}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TagWish":
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(tuple(fields["add"]), tuple(fields["remove"]))


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came."""

    done: int = 0
    """Images, in the order of their ids."""
    added: int = 0
    removed: int = 0


def checked_wish(add: Sequence[str], remove: Sequence[str]) -> TagWish:
    """A wish that can be fulfilled.

    Raises:
        InvalidArgument: If there is nothing to do, or more than 100 tags on one side, or a text breaks its rule.
        TagIsAutomatic: If one of them is Loupe's own.
    """
    if not add and not remove:
        raise InvalidArgument(
            "Name tags to put on or to take off.", fields=[FieldViolation("add", "empty, and remove is empty too")]
        )
    for field, given in (("add", add), ("remove", remove)):
        if len(given) > MAX_TAGS:
            raise InvalidArgument(
                f"At most {MAX_TAGS} tags at a time; {field} has {len(given)}.",
                fields=[FieldViolation(field, f"must hold at most {MAX_TAGS}")],
            )
    return TagWish(
        tuple(checked_text(one, f"add[{number}]") for number, one in enumerate(add)),
        tuple(checked_text(one, f"remove[{number}]") for number, one in enumerate(remove)),
    )


class ModifyImageTags:
    """Handler of MODIFY_IMAGE_TAGS. Each piece is counted in its own transaction; a second run goes on after the last.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many images, tags put on and tags taken off there were.
        clock: Dates the tags.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int, int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, data = await image_jobs.unpack_sorted(operation.request)
        wish = TagWish.from_bytes(data)
        state = _State.from_bytes(operation.checkpoint)
        piece_size = max(_PIECE // (len(wish.add) + len(wish.remove)), 1)
        pieces = image_jobs.pieces(operation, image_ids, piece_size, progress, cancelled, begin=state.done)
        async for piece in pieces:
            state = await retry_conflicts(partial(self._modify, operation, piece, wish, state, progress))
        return self._respond(len(image_ids), state.added, state.removed)

    async def _modify(
        self, operation: Operation, image_ids: Sequence[str], wish: TagWish, state: _State, progress: ProgressSink
    ) -> _State:
        project_id, creator, now = operation.project_id, operation.creator, self._clock.now()
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            await store.tags.ensure(project_id, wish.coming(), Origin.USER, creator, now)
            added = removed = 0
            for _, tag in sorted((await store.tags.find(project_id, wish.coming())).items()):
                added += await store.tags.put_on_by(change.id, tag, image_ids, creator, now)
            for _, tag in sorted((await store.tags.find(project_id, wish.remove)).items()):
                removed += await store.tags.take_off_by(change.id, tag, image_ids, now)
            state = _State(state.done + len(image_ids), state.added + added, state.removed + removed)
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state
