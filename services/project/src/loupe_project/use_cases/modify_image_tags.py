"""Putting tags on chosen images and taking others off."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.image import Origin
from loupe_project.domain.operation import Operation
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.delete_images import cancelled_operation
from loupe_project.use_cases.manage_tags import checked_text

MAX_TAGS = 100
_PIECE = 500


@dataclass(frozen=True, slots=True)
class TagWish:
    """Texts of tags to put on and to take off."""

    add: tuple[str, ...]
    remove: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps({"add": self.add, "remove": self.remove}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TagWish":
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(tuple(fields["add"]), tuple(fields["remove"]))


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
    """Handler of MODIFY_IMAGE_TAGS. Doing a piece twice changes nothing the second time.

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
        image_ids, data = image_jobs.unpack(operation.request)
        wish = TagWish.from_bytes(data)
        await progress.report(phase="images", done=0, total=len(image_ids))
        added = removed = 0
        for start in range(0, len(image_ids), _PIECE):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            piece = image_ids[start : start + _PIECE]
            one_added, one_removed = await self._modify(operation, piece, wish)
            added, removed = added + one_added, removed + one_removed
            await progress.report(done=start + len(piece))
        return self._respond(len(image_ids), added, removed)

    async def _modify(self, operation: Operation, image_ids: list[str], wish: TagWish) -> tuple[int, int]:
        project_id, creator, now = operation.project_id, operation.creator, self._clock.now()
        async with self._stores() as store:
            # Images that were deleted since they were chosen have no tags.
            here = sorted(await store.images.existing(operation.scope, project_id, image_ids))
            tags = await store.tags.ensure(project_id, wish.add, Origin.USER, creator, now)
            added = await store.tags.put_on(here, sorted(tags.values()), Origin.USER, creator, now)
            going = [one.id for one in (await store.tags.find(project_id, wish.remove)).values()]
            removed = await store.tags.take_off(here, going)
            await store.commit()
        return added, removed
