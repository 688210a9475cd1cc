"""An object store in a dict."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

from loupe_kit.objects import CHUNK_BYTES, ObjectNotFound, check_key, check_range


class InMemoryObjectStore:
    """Fake of `ObjectStore`; `objects` and `content_types` may be looked at."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """See `ObjectStore`."""
        await self.put_bytes(key, path.read_bytes(), content_type)  # noqa: ASYNC240 - small files of tests

    async def put_bytes(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """See `ObjectStore`."""
        self.objects[check_key(key)] = bytes(data)
        self.content_types[key] = content_type

    async def put_many(self, items: Sequence[tuple[str, bytes | Path]]) -> None:
        """See `ObjectStore`."""
        for key, _ in items:
            check_key(key)
        for key, content in items:
            await self.put_bytes(key, content if isinstance(content, bytes) else content.read_bytes())

    async def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `ObjectStore`."""
        data = await self.read(key)
        end = offset + check_range(key, len(data), offset, length)
        for start in range(offset, end, CHUNK_BYTES):
            yield data[start : min(start + CHUNK_BYTES, end)]

    async def read(self, key: str) -> bytes:
        """See `ObjectStore`."""
        if check_key(key) not in self.objects:
            raise ObjectNotFound(f"There is no object {key}.", key=key)
        return self.objects[key]

    async def size(self, key: str) -> int:
        """See `ObjectStore`."""
        return len(await self.read(key))

    async def exists(self, key: str) -> bool:
        """See `ObjectStore`."""
        return check_key(key) in self.objects

    async def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        self.objects.pop(check_key(key), None)

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ObjectStore`."""
        for key in sorted(key for key in self.objects if key.startswith(prefix)):
            yield key

    def local_path(self, key: str) -> Path | None:
        """See `ObjectStore`; nothing here lies in a file."""
        check_key(key)
        return None

    def address(self, key: str, _lifetime: timedelta, /) -> str:
        """See `ObjectStore`; one that nobody answers."""
        return f"memory:///{check_key(key)}"
