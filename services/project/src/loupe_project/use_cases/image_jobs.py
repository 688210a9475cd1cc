"""Long work on chosen images: what is handed from the call that asks for it to the handler that does it.

The images are chosen once, when the call comes: whatever the query says later, the work is on what the caller saw.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import ResourceExhausted
from loupe_project.domain import names
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import ProgressSink
from loupe_project.use_cases.cancelling import cancelled_operation

MAX_IMAGES = 1_000_000
"""Most images of one operation: their ids are kept in its row."""

_LENGTH = struct.Struct("<I")


def pack(image_ids: list[str], wish: bytes = b"") -> bytes:
    """Request of an operation on images.

    Args:
        image_ids: At most `MAX_IMAGES`.
        wish: What to do with them, in the handler's form.

    Raises:
        ResourceExhausted: If there are too many images.
    """
    if len(image_ids) > MAX_IMAGES:
        raise ResourceExhausted(
            f"One operation works on at most {MAX_IMAGES:,} images; {len(image_ids):,} match: narrow the query.",
            limit=str(MAX_IMAGES),
            count=str(len(image_ids)),
        )
    return _LENGTH.pack(len(wish)) + wish + ids.pack_ids(image_ids)


def unpack(request: bytes) -> tuple[list[str], bytes]:
    """Undo `pack`."""
    (length,) = _LENGTH.unpack_from(request)
    start = _LENGTH.size + length
    return ids.unpack_ids(request[start:]), request[_LENGTH.size : start]


async def unpack_sorted(request: bytes) -> tuple[list[str], bytes]:
    """Undo `pack`, with the ids in the order of the tables, where neighbours are written together.

    A million of them take a second: they are read in a thread, so that calls are answered meanwhile.
    """

    def work() -> tuple[list[str], bytes]:
        image_ids, wish = unpack(request)
        return sorted(image_ids), wish

    return await asyncio.to_thread(work)


async def pieces(
    operation: Operation,
    image_ids: Sequence[str],
    size: int,
    progress: ProgressSink,
    cancelled: asyncio.Event,
    *,
    begin: int = 0,
) -> AsyncIterator[Sequence[str]]:
    """The images of an operation piece by piece; how far it came is told before the first one and after each.

    Args:
        operation: Whose images they are.
        image_ids: All of them.
        size: Images in a piece.
        progress: Is told.
        cancelled: Set when the operation shall stop.
        begin: Images that a run before this one did.

    Raises:
        OperationCancelled: If `cancelled` was set before a piece; what was done stays.
    """
    await progress.report(phase="images", done=begin, total=len(image_ids))
    for start in range(begin, len(image_ids), size):
        if cancelled.is_set():
            raise cancelled_operation(operation)
        piece = image_ids[start : start + size]
        yield piece
        await progress.report(done=start + len(piece))


def new_operation(
    scope: Scope, project_id: str, kind: OperationKind, image_ids: list[str], now: datetime, wish: bytes = b""
) -> Operation:
    """A new operation on images of a project."""
    return Operation.asked(
        ids.new_id(),
        kind,
        project_id=project_id,
        target=names.project(project_id),
        request=pack(image_ids, wish),
        scope=scope,
        now=now,
    )
