"""Object store in a folder: the key is the path below the root.

A put writes a temporary file in the same file system, or links to one, syncs it, renames it, and
syncs the folders, so that after a crash the object is there whole or not at all.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, MutableSequence, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from loupe_kit import threads
from loupe_kit.objects.port import CHUNK_BYTES, ObjectNotFound, check_key, check_range

T = TypeVar("T")

_TEMPORARY = ".tmp"


class FolderObjectStore:
    """Objects as files below `root`, which is made if it is not there.

    Args:
        root: Folder of the store; nothing else may write there.
        max_threads: Most file operations at a time.
    """

    def __init__(self, root: Path, *, max_threads: int = 8) -> None:
        self._root = root.resolve()
        self._temporary = self._root / _TEMPORARY
        self._temporary.mkdir(parents=True, exist_ok=True)
        self._max_threads = max_threads
        self._executor = ThreadPoolExecutor(max_threads, thread_name_prefix="objects")
        # Left by a process that died in the middle of a put; nobody else writes here.
        for leftover in self._temporary.iterdir():
            leftover.unlink(missing_ok=True)

    def close(self) -> None:
        """Wait for running operations and stop the threads."""
        self._executor.shutdown()

    async def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:  # noqa: ARG002 - a folder keeps no types
        """See `ObjectStore`."""
        await self._run(lambda: self._put(check_key(key), path))

    async def put_bytes(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:  # noqa: ARG002 - a folder keeps no types
        """See `ObjectStore`."""
        await self._run(lambda: self._put(check_key(key), data))

    async def put_many(self, items: Sequence[tuple[str, bytes | Path]]) -> None:
        """See `ObjectStore`. Files are written and synced by several threads, then each folder is synced once."""
        for key, _ in items:
            check_key(key)
        shares = [items[start :: self._max_threads] for start in range(min(self._max_threads, len(items)))]
        written: list[tuple[str, Path]] = []
        try:
            jobs = (self._run(partial(self._write_share, share, written)) for share in shares)
            # All of them have to end before any temporary file is removed.
            for outcome in await asyncio.gather(*jobs, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
            await self._run(lambda: self._publish(written))
        except BaseException:
            for _, temporary in written:
                temporary.unlink(missing_ok=True)
            raise

    async def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `ObjectStore`."""
        file, rest = await threads.take(
            self._executor, lambda: self._open_range(check_key(key), offset, length), lambda opened: opened[0].close()
        )
        try:
            while rest > 0:
                chunk = await self._run(partial(file.read, min(rest, CHUNK_BYTES)))
                if not chunk:
                    return
                rest -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def read(self, key: str) -> bytes:
        """See `ObjectStore`."""
        path = self.local_path(key)
        try:
            return await self._run(path.read_bytes)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise _not_found(key) from error

    async def size(self, key: str) -> int:
        """See `ObjectStore`."""
        path = self.local_path(key)
        if not await self._run(path.is_file):
            raise _not_found(key)
        return (await self._run(path.stat)).st_size

    async def exists(self, key: str) -> bool:
        """See `ObjectStore`."""
        return await self._run(self.local_path(key).is_file)

    async def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        await self._run(lambda: self._delete(self.local_path(key)))

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ObjectStore`."""
        keys = await self._run(lambda: sorted(key for key in self._walk(prefix) if key.startswith(prefix)))
        for key in keys:
            yield key

    def local_path(self, key: str) -> Path:
        """See `ObjectStore`; always a path here."""
        return self._root / check_key(key)

    def address(self, key: str, _lifetime: timedelta, /) -> str:
        """See `ObjectStore`; the file's, for good."""
        return self.local_path(key).resolve().as_uri()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _put(self, key: str, content: bytes | Path) -> None:
        temporary = self._temporary / secrets.token_hex(16)
        try:
            _write(temporary, content)
            _sync(temporary)
            path = self._root / key
            self._make_folder(path.parent)
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def _write_share(
        self, items: Sequence[tuple[str, bytes | Path]], written: MutableSequence[tuple[str, Path]]
    ) -> None:
        """Temporary files first, then their syncs: the first sync carries most of the others' data with it."""
        mine = []
        for key, content in items:
            temporary = self._temporary / secrets.token_hex(16)
            written.append((key, temporary))
            mine.append(temporary)
            _write(temporary, content)
        for temporary in mine:
            _sync(temporary)

    def _publish(self, written: Sequence[tuple[str, Path]]) -> None:
        folders = {(self._root / key).parent for key, _ in written}
        for folder in folders:
            self._make_folder(folder)
        for key, temporary in written:
            temporary.replace(self._root / key)
            # Two links to one file are left alone by `replace`.
            temporary.unlink(missing_ok=True)
        for folder in folders:
            _sync_folder(folder)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each durable before the next is used."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)

    def _open_range(self, key: str, offset: int, length: int | None) -> tuple[BinaryIO, int]:
        try:
            file = (self._root / key).open("rb")
        except (FileNotFoundError, IsADirectoryError) as error:
            raise _not_found(key) from error
        try:
            count = check_range(key, os.fstat(file.fileno()).st_size, offset, length)
            file.seek(offset)
        except BaseException:
            file.close()
            raise
        return file, count

    def _delete(self, path: Path) -> None:
        if not path.is_file():
            return
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def _walk(self, prefix: str) -> Iterator[str]:
        """Keys in the deepest folder that holds every key with `prefix`."""
        folder = (self._root / prefix.rpartition("/")[0]).resolve()
        if not folder.is_relative_to(self._root):
            return
        for parent, folders, files in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                yield (Path(parent) / name).relative_to(self._root).as_posix()


def _not_found(key: str) -> ObjectNotFound:
    return ObjectNotFound(f"There is no object {key}.", key=key)


def _write(target: Path, content: bytes | Path) -> None:
    if isinstance(content, bytes):
        target.write_bytes(content)
        return
    try:
        # An archive of gigabytes is not written a second time.
        target.hardlink_to(content)
    except OSError:
        # Another disk, or a file system without links.
        shutil.copyfile(content, target)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
