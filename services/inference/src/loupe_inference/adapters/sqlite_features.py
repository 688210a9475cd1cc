"""Feature vectors in one SQLite file, for the standalone profile.

Plain `sqlite3` in threads of its own instead of an ORM: what matters is bulk. 20,000 vectors of 1280 numbers are
read in 0.1 to 0.2 s, and a write is durable or undone as a whole, whatever dies.
"""

import asyncio
import functools
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from loupe_inference.adapters import sqlite_feature_queries as queries
from loupe_inference.domain.features import (
    BYTES_PER_ID,
    FeatureBlock,
    FeatureKey,
    FeatureSet,
    Matrix,
    ObjectFeatureBlock,
)
from loupe_kit import ids

T = TypeVar("T")
_READ_IDS = 500
_READ_OBJECTS_OF = 100


class SqliteFeatureStore:
    """A `FeatureStore` in a file.

    One thread writes; another reads a block at a time, so a long stream holds up no write and no other stream.

    Args:
        path: File of the database; made, with its folder, if it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = _Lane("features-write", functools.partial(queries.connect, path))
        self._reader = _Lane("features-read", functools.partial(queries.connect, path))

    async def put(
        self, project_id: str, key: FeatureKey, block: FeatureBlock, objects: Sequence[Matrix] | None = None
    ) -> None:
        """See `FeatureStore`."""
        project = ids.parse_id(project_id).bytes
        await self._writer.run(lambda db: queries.put(db, project, key, block, objects))

    async def read(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        """See `FeatureStore`."""
        for packed in _slices(image_ids, _READ_IDS * BYTES_PER_ID):
            for block in await self._reader.run(functools.partial(queries.read, key=key, image_ids=packed)):
                yield block

    async def read_objects(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[ObjectFeatureBlock]:
        """See `FeatureStore`."""
        for packed in _slices(image_ids, _READ_OBJECTS_OF * BYTES_PER_ID):
            work = functools.partial(queries.read_objects, key=key, image_ids=packed)
            for block in await self._reader.run(work):
                yield block

    async def count(self, key: FeatureKey, image_ids: bytes) -> tuple[int, int]:
        """See `FeatureStore`."""
        count, dimension = 0, 0
        unique = b"".join(sorted(set(_slices(image_ids, BYTES_PER_ID))))
        for packed in _slices(unique, _READ_IDS * BYTES_PER_ID):
            found, length = await self._reader.run(functools.partial(queries.count, key=key, image_ids=packed))
            count, dimension = count + found, max(dimension, length)
        return count, dimension

    async def missing(self, key: FeatureKey, image_ids: bytes) -> bytes:
        """See `FeatureStore`."""
        asked = set(_slices(image_ids, BYTES_PER_ID))
        for packed in _slices(b"".join(sorted(asked)), _READ_IDS * BYTES_PER_ID):
            asked -= await self._reader.run(functools.partial(queries.known, key=key, image_ids=packed))
        return b"".join(sorted(asked))

    async def dimension(self, project_id: str, key: FeatureKey) -> int:
        """See `FeatureStore`."""
        project = ids.parse_id(project_id).bytes
        return await self._reader.run(lambda db: queries.dimension(db, project, key))

    async def delete(self, *, image_ids: bytes, project_id: str, model: str, version: str) -> int:
        """See `FeatureStore`."""
        project = ids.parse_id(project_id).bytes if project_id else b""
        deleted = 0
        # No ids is one slice that does not limit.
        for packed in list(_slices(image_ids, _READ_IDS * BYTES_PER_ID)) or [b""]:
            deleted += await self._writer.run(
                functools.partial(queries.delete, image_ids=packed, project=project, model=model, version=version)
            )
        await self._writer.run(queries.empty_log)
        return deleted

    async def list_sets(self, project_id: str) -> list[FeatureSet]:
        """See `FeatureStore`."""
        project = ids.parse_id(project_id).bytes
        return await self._reader.run(lambda db: queries.list_sets(db, project))

    async def close(self) -> None:
        """See `FeatureStore`."""
        await self._reader.close()
        await self._writer.close()


class _Lane:
    """A thread with a connection of its own, opened at its first use."""

    def __init__(self, name: str, connect: Callable[[], sqlite3.Connection]) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connect = connect
        self._connection: sqlite3.Connection | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._run, work)

    async def close(self) -> None:
        await asyncio.to_thread(self._shut_down)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            self._connection = self._connect()
        return work(self._connection)

    def _shut_down(self) -> None:
        self._executor.shutdown()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _slices(packed: bytes, size: int) -> Iterator[bytes]:
    return (packed[at : at + size] for at in range(0, len(packed), size))
