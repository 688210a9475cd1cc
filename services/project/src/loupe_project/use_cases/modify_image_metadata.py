"""Setting, removing and renaming metadata keys of chosen images."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.image import MetadataValue, NamedValue
from loupe_project.domain.operation import Operation
from loupe_project.domain.text import fold
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.retry import retry_conflicts

MAX_KEY_CHARS = 100
MAX_KEYS = 100
_PIECE = 2_000
"""Images a transaction, as for tags."""


@dataclass(frozen=True, slots=True)
class MetadataWish:
    """What shall become of metadata."""

    values: Mapping[str, MetadataValue]
    """To be set, by key."""
    remove: tuple[str, ...]
    """Keys."""
    rename: Mapping[str, str]
    """New keys by old ones."""

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        fields = {"set": dict(self.values), "remove": self.remove, "rename": dict(self.rename)}
        return json.dumps(fields, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "MetadataWish":
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(fields["set"], tuple(fields["remove"]), fields["rename"])

    @property
    def keys(self) -> set[str]:
        """All keys that it names, folded."""
        named = (*self.values, *self.remove, *self.rename, *self.rename.values())
        return {fold(key, MAX_KEY_CHARS) for key in named}


def checked_wish(values: Mapping[str, MetadataValue], remove: Sequence[str], rename: Mapping[str, str]) -> MetadataWish:
    """A wish that can be fulfilled.

    Raises:
        InvalidArgument: If there is nothing to do, a key is named twice, is empty or too long, or there are too many.
    """
    keys = [*values, *remove, *rename, *rename.values()]
    if not 1 <= len(keys) <= MAX_KEYS:
        raise InvalidArgument(
            f"Name 1 to {MAX_KEYS} keys to set, remove or rename; these are {len(keys)}.",
            fields=[FieldViolation("set", "and remove and rename name too many keys" if keys else "names no key")],
        )
    seen: set[str] = set()
    for key in keys:
        folded = fold(key.strip(), MAX_KEY_CHARS)
        if not folded or len(key) > MAX_KEY_CHARS:
            raise InvalidArgument(
                f"A metadata key has 1 to {MAX_KEY_CHARS} characters; {key[:50]!r} has {len(key)}.",
                fields=[FieldViolation("set", f"keys must have 1 to {MAX_KEY_CHARS} characters")],
            )
        if folded in seen:
            raise InvalidArgument(
                f"{key!r} is named twice, upper and lower case alike; say one thing of each key.",
                fields=[FieldViolation("set", f"{key} is also in set, remove or rename")],
                key=key,
            )
        seen.add(folded)
    return MetadataWish(
        {key.strip(): value for key, value in values.items()},
        tuple(key.strip() for key in remove),
        {old.strip(): new.strip() for old, new in rename.items()},
    )


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came."""

    done: int = 0
    """Images, in the order of their ids."""
    changed: int = 0
    skipped: int = 0


class ModifyImageMetadata:
    """Handler of MODIFY_IMAGE_METADATA. Each piece is counted in its transaction; a second run goes on after the last.

    Args:
        stores: Makes transactions.
        respond: Makes the response of how many images there were, how many changed and how many were skipped.
        clock: Dates the change.
    """

    def __init__(self, stores: StoreFactory, respond: Callable[[int, int, int], Message], clock: Clock) -> None:
        self._stores = stores
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, data = await image_jobs.unpack_sorted(operation.request)
        wish = MetadataWish.from_bytes(data)
        state = _State.from_bytes(operation.checkpoint)
        pieces = image_jobs.pieces(operation, image_ids, _PIECE, progress, cancelled, begin=state.done)
        async for piece in pieces:
            state = await retry_conflicts(partial(self._modify, operation, piece, wish, state, progress))
        return self._respond(len(image_ids), state.changed, state.skipped)

    async def _modify(
        self, operation: Operation, image_ids: Sequence[str], wish: MetadataWish, state: _State, progress: ProgressSink
    ) -> _State:
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            here = sorted(await store.images.existing(operation.scope, operation.project_id, image_ids))
            before = await store.metadata.values_under(here, wish.keys) if wish.rename else {}
            wanted: dict[str, Mapping[str, MetadataValue | None]] = {}
            skipped: set[str] = set()
            for one in here:
                wanted[one], is_whole = _wanted(wish, before.get(one, {}))
                if not is_whole:
                    skipped.add(one)
            changed, too_many = await store.metadata.alter(change.id, operation.project_id, wanted, self._clock.now())
            skipped.update(too_many)
            state = _State(state.done + len(image_ids), state.changed + len(changed), state.skipped + len(skipped))
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state


def _wanted(wish: MetadataWish, before: Mapping[str, NamedValue]) -> tuple[dict[str, MetadataValue | None], bool]:
    """Values of one image by key, None for keys that go; False if a renaming finds the new key there."""
    wanted: dict[str, MetadataValue | None] = {**wish.values, **dict.fromkeys(wish.remove)}
    is_whole = True
    for old, new in wish.rename.items():
        there = before.get(fold(old, MAX_KEY_CHARS))
        if there is None:
            continue
        if fold(new, MAX_KEY_CHARS) in before:
            is_whole = False
            continue
        wanted |= {old: None, new: there.value}
    return wanted, is_whole
