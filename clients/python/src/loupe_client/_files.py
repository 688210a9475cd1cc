"""Files as streams of messages: read piece by piece while they are sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message

_Request = TypeVar("_Request", bound=Message)

CHUNK_BYTES = 512 * 1024


def file_messages(first: _Request, path: Path) -> Iterator[_Request]:
    """Yields `first` with the first bytes of a file in its field `content`, then messages with the others.

    Args:
        first: Says what is to be done.
        path: The file.
    """
    kind: Any = type(first)
    with path.open("rb") as file:
        opening = kind(content=file.read(CHUNK_BYTES))
        opening.MergeFrom(first)
        yield opening
        while chunk := file.read(CHUNK_BYTES):
            yield kind(content=chunk)
