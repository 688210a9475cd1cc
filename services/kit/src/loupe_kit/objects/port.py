"""What an object store must do, and the keys it takes."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from loupe_kit.errors import InvalidArgument, NotFound, OutOfRange

CHUNK_BYTES = 1 << 20
"""Largest piece that `open` gives at a time."""

_MAX_KEY_CHARS = 512
# A segment never starts with a dot: no "..", and names with a leading dot are the stores' own.
_KEY = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*")


class ObjectNotFound(NotFound):
    """No object has this key."""


class ObjectKeyInvalid(InvalidArgument):
    """The key has characters that a store does not take."""


class ObjectStore(Protocol):
    """Bytes under keys such as `projects/0190…/images/0190….jpg`.

    A put is whole or not at all, is durable when it returns, and replaces what had the key. Every method
    raises ObjectKeyInvalid for a key that `check_key` refuses.
    """

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Store the file at `path`.

        The caller may remove it afterwards but not write to it: a store on the same disk keeps the file itself.
        """
        ...

    async def put_bytes(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Store `data`."""
        ...

    async def put_many(self, items: Sequence[tuple[str, bytes | Path]]) -> None:
        """Store many objects, each key with its bytes or its file. Durable, all of them, when it returns.

        Files are taken as `put_file` takes them. Cheaper than one by one where syncing is what costs. If it
        fails, some may be there and others not; a key that is refused refuses them all.
        """
        ...

    def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """Stream an object, or `length` bytes of it from `offset`, in pieces of at most `CHUNK_BYTES`.

        A range that goes past the end is cut at the end.

        Raises:
            ObjectNotFound: At the first piece, if there is no such object.
            OutOfRange: At the first piece, if `offset` is negative or past the end, or `length` negative.
        """
        ...

    async def read(self, key: str) -> bytes:
        """The whole object; for objects known to be small.

        Raises:
            ObjectNotFound: If there is no such object.
        """
        ...

    async def size(self, key: str) -> int:
        """Size in bytes.

        Raises:
            ObjectNotFound: If there is no such object.
        """
        ...

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the object; nothing happens if it is not there."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[str]:
        """Keys that start with `prefix`, in the order of their characters."""
        ...

    def local_path(self, key: str) -> Path | None:
        """Path of the object on this machine, to read only, or None if the store has no such thing.

        Tells nothing about whether the object is there.
        """
        ...

    def address(self, key: str, lifetime: timedelta, /) -> str:
        """URL at which whoever has it may read the object for so long; of a folder it holds on this machine alone.

        For servers of ours that fetch by themselves. People get bytes through the services, which know the rights.

        Args:
            key: Of the object; tells nothing about whether it is there.
            lifetime: At most seven days.
        """
        ...


def check_key(key: str) -> str:
    """`key`, if stores take it.

    Raises:
        ObjectKeyInvalid: If it is empty, longer than 512 characters, or has other characters than
            letters, digits and `._=-` in segments between slashes, or a segment that starts with a dot.
    """
    if len(key) > _MAX_KEY_CHARS or not _KEY.fullmatch(key):
        raise ObjectKeyInvalid(
            f"{key[:80]!r} is no object key; use up to {_MAX_KEY_CHARS} letters, digits and ._=- between slashes.",
            key=key[:80],
        )
    return key


def check_range(key: str, size: int, offset: int, length: int | None) -> int:
    """Number of bytes to give from `offset` of an object of `size` bytes.

    Raises:
        OutOfRange: If the range does not start within the object.
    """
    if offset < 0 or offset > size or (length is not None and length < 0):
        raise OutOfRange(
            f"Range from {offset} is outside object {key} of {size} bytes; start between 0 and {size}.",
            key=key,
            offset=str(offset),
            size=str(size),
        )
    rest = size - offset
    return rest if length is None else min(length, rest)
