"""Long work on chosen images: what is handed from the call that asks for it to the handler that does it.

The images are chosen once, when the call comes: whatever the query says later, the work is on what the caller saw.
"""

import struct
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import ResourceExhausted
from loupe_project.domain import names
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope

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


def new_operation(
    scope: Scope, project_id: str, kind: OperationKind, image_ids: list[str], now: datetime, wish: bytes = b""
) -> Operation:
    """A new operation on images of a project."""
    return Operation(
        id=ids.new_id(),
        project_id=project_id,
        kind=kind,
        target=names.project(project_id),
        request=pack(image_ids, wish),
        creator=scope.principal,
        scope=scope,
        create_time=now,
        update_time=now,
    )
