"""Giving many images the same class, or taking labels off them."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.image import Label, NewLabel
from loupe_project.domain.operation import Operation
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.label_changes import as_new, change_labels
from loupe_project.use_cases.retry import retry_conflicts

MAX_CHARS = 200
_PIECE = 1_000
"""Images a transaction: a tenth of a second, so that other writers wait no longer."""


@dataclass(frozen=True, slots=True)
class LabelWish:
    """What is to become of the labels of each image."""

    display_name: str = ""
    """The class it gets; empty: none."""
    clear_class: bool = False
    clear_boxes: bool = False

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "LabelWish":
        """Undo `to_bytes`."""
        return cls(**json.loads(data))

    def of(self, _: str, existing: Sequence[Label]) -> list[NewLabel]:
        """The labels that an image shall have."""
        keeps_class = not self.clear_class and not self.display_name
        stay = [one for one in existing if (keeps_class if one.box is None else not self.clear_boxes)]
        return [*as_new(stay), *([NewLabel(self.display_name)] if self.display_name else [])]


def checked_wish(display_name: str, *, clear_class: bool, clear_boxes: bool) -> LabelWish:
    """A wish that can be fulfilled.

    Raises:
        InvalidArgument: If there is nothing to do, or a class is given and taken away, or it is too long.
    """
    name = display_name.strip()
    if len(name) > MAX_CHARS:
        raise InvalidArgument(
            f"A label has a class of 1 to {MAX_CHARS} characters; this one has {len(name)}.",
            fields=[FieldViolation("display_name", f"must have 1 to {MAX_CHARS} characters")],
        )
    if (name and clear_class) or not (name or clear_class or clear_boxes):
        raise InvalidArgument(
            "Name the class that the images get, or say that they lose their class or their boxes.",
            fields=[FieldViolation("display_name", "must be set, or clear_class, or clear_boxes")],
        )
    return LabelWish(name, clear_class, clear_boxes)


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came."""

    done: int = 0
    changed: int = 0


class ModifyImageLabels:
    """Handler of MODIFY_IMAGE_LABELS. Each piece is a transaction; a second run goes on after the last.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many images there were, and how many have other labels now.
        clock: Dates the labels.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, data = await image_jobs.unpack_sorted(operation.request)
        wish = LabelWish.from_bytes(data)
        state = _State.from_bytes(operation.checkpoint)
        pieces = image_jobs.pieces(operation, image_ids, _PIECE, progress, cancelled, begin=state.done)
        async for piece in pieces:
            state = await retry_conflicts(partial(self._modify, operation, piece, wish, state, progress))
        return self._respond(len(image_ids), state.changed)

    async def _modify(
        self, operation: Operation, image_ids: Sequence[str], wish: LabelWish, state: _State, progress: ProgressSink
    ) -> _State:
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            # Images that were deleted since they were chosen have no labels.
            here = sorted(await store.images.existing(operation.scope, operation.project_id, image_ids))
            changed = await change_labels(store, change, here, wish.of, self._clock.now())
            state = _State(state.done + len(image_ids), state.changed + changed)
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state
