"""Files on their way in: small ones in memory, others in a folder of ours; and the journal of half-written objects."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from loupe_project.domain.intake.errors import FileTooLarge
from loupe_project.domain.intake.kinds import HEAD_BYTES

T = TypeVar("T")

MEMORY_BYTES = 4 << 20
"""Files up to this size never touch the spool."""


class SpooledFile:
    """See `ports.intake.Spooled`."""

    def __init__(self, folder: Path, data: bytes | None, path: Path | None, sha256: str, size_bytes: int) -> None:
        self._folder = folder
        self._path = path
        self.data = data
        self.sha256 = sha256
        self.size_bytes = size_bytes
        self.head = data[:HEAD_BYTES] if data is not None else _head(path)

    def path(self) -> Path:
        """See the port."""
        if self._path is None:
            if self.data is None:
                raise FileNotFoundError("The bytes were discarded.")
            self._path = self._folder / secrets.token_hex(16)
            self._path.write_bytes(self.data)
        return self._path

    def discard(self) -> None:
        """See the port."""
        self.data = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)


class FolderSpoolWriter:
    """See `ports.intake.SpoolWriter`. Disk and hash are other threads' work."""

    def __init__(self, folder: Path, file_name: str, limit_bytes: int, executor: Executor) -> None:
        self._folder = folder
        self._file_name = file_name
        self.limit_bytes = limit_bytes
        self._executor = executor
        self._sink = _Sink(folder)
        self._size = 0

    async def write(self, chunk: bytes) -> None:
        """See the port."""
        self._size += len(chunk)
        if self._size > self.limit_bytes:
            self.discard()
            raise too_large(self._file_name, self.limit_bytes)
        if self._sink.fits(chunk):
            self._sink.keep(chunk)
        else:
            await self._run(partial(self._sink.write, chunk))

    async def finish(self) -> SpooledFile:
        """See the port."""
        return await self._run(self._sink.finish)

    def discard(self) -> None:
        """See the port."""
        self._sink.discard()

    async def _run(self, work: Callable[[], T]) -> T:
        """Do disk work in the executor; also when cancelled, nothing is written any more once this ends."""
        done = asyncio.get_running_loop().run_in_executor(self._executor, work)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait({done})
            raise


class FolderSpool:
    """See `ports.intake.Spool`. One process owns the folder; what it finds there at its start is of one that died.

    Args:
        folder: Made if it is not there.
        executor: Where disk and hash are worked at.
    """

    def __init__(self, folder: Path, executor: Executor) -> None:
        self._folder = folder
        self._journal = folder / "journal"
        self._executor = executor
        self._journal.mkdir(parents=True, exist_ok=True)

    def begin(self, file_name: str, limit_bytes: int) -> FolderSpoolWriter:
        """See the port."""
        return FolderSpoolWriter(self._folder, file_name, limit_bytes, self._executor)

    def take(self, chunks: Iterable[bytes]) -> SpooledFile:
        """See the port."""
        sink = _Sink(self._folder)
        try:
            for chunk in chunks:
                sink.write(chunk)
            return sink.finish()
        except BaseException:
            sink.discard()
            raise

    def open_journal(self, keys: Sequence[str]) -> str:
        """See the port."""
        note = secrets.token_hex(16)
        (self._journal / note).write_text(json.dumps(list(keys)))
        return note

    def close_journal(self, note: str) -> None:
        """See the port."""
        (self._journal / note).unlink(missing_ok=True)

    def sweep(self) -> Iterator[tuple[str, list[str]]]:
        """See the port."""
        for leftover in self._folder.iterdir():
            if leftover.is_file():
                leftover.unlink(missing_ok=True)
        for note in sorted(self._journal.iterdir()):
            try:
                keys = json.loads(note.read_text())
            except ValueError:
                keys = []  # Cut short before any of its objects was begun.
            yield note.name, [str(key) for key in keys]


class _Sink:
    """Bytes of one file: in memory while they are few, then on disk with the hash kept up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[bytes] = []
        self._kept = 0
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._written = 0

    def fits(self, chunk: bytes) -> bool:
        """Whether the bytes can be kept in memory with those before."""
        return self._file is None and self._kept + len(chunk) <= MEMORY_BYTES

    def keep(self, chunk: bytes) -> None:
        self._parts.append(chunk)
        self._kept += len(chunk)

    def write(self, chunk: bytes) -> None:
        if self.fits(chunk):
            self.keep(chunk)
            return
        if self._file is None:
            self._path = self._folder / secrets.token_hex(16)
            self._file = self._path.open("xb")
            parts, self._parts = self._parts, []
            for part in parts:
                self._write_out(part)
        self._write_out(chunk)

    def _write_out(self, chunk: bytes) -> None:
        if self._file is not None:
            self._file.write(chunk)
            self._hash.update(chunk)
            self._written += len(chunk)

    def finish(self) -> SpooledFile:
        if self._file is None:
            data = b"".join(self._parts)
            self._parts = []
            return SpooledFile(self._folder, data, None, hashlib.sha256(data).hexdigest(), len(data))
        self._file.close()
        return SpooledFile(self._folder, None, self._path, self._hash.hexdigest(), self._written)

    def discard(self) -> None:
        self._parts = []
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def too_large(file_name: str, limit_bytes: int) -> FileTooLarge:
    """The error of a file that is larger than allowed."""
    return FileTooLarge(
        f"{file_name!r} is larger than {limit_bytes} bytes, the most for a file of its kind.",
        file_name=file_name,
        limit_bytes=str(limit_bytes),
    )


def _head(path: Path | None) -> bytes:
    if path is None:
        return b""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
