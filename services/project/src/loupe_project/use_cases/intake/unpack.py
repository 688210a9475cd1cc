"""Takes the files out of one archive: entries are unpacked and decoded in few threads, and committed in groups."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from loupe_kit import threads
from loupe_kit.errors import LoupeError
from loupe_project.domain.errors import OperationCancelled
from loupe_project.domain.intake import archive
from loupe_project.domain.intake.archive import ArchiveReader, Entry
from loupe_project.domain.intake.errors import ArchiveEntryRefused, ArchiveTooLarge, FileEmpty
from loupe_project.domain.intake.inflate import InflateLimits, inflate
from loupe_project.domain.intake.kinds import FileKind, is_archive, sniff
from loupe_project.domain.intake.names import is_silent
from loupe_project.domain.upload_batch import UploadBatch
from loupe_project.ports.intake import InspectedImage, Spooled
from loupe_project.ports.operations import ProgressSink
from loupe_project.use_cases.intake.budget import Budget
from loupe_project.use_cases.intake.commit_images import (
    GROUP,
    GivenFacts,
    ImageCommitter,
    Taken,
    duplicate_notice,
    frames_notice,
)
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.deferred import DeferredFiles, Waiting, unknown_type, waits
from loupe_project.use_cases.intake.findings import Findings
from loupe_project.use_cases.intake.import_request import ImportCounts

_NOTICES = 10_000
_ENTRIES = 64
_BYTES_AT_WORK = 64 << 20
"""Bytes of entries that are unpacked and not yet committed; a larger one goes alone."""
_SOURCE = "zip"


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """An entry out of its archive."""

    name: str
    shown: str
    kind: FileKind | None
    """None: nothing that Loupe takes."""
    spooled: Spooled
    inspected: InspectedImage | None


class Unpacker:
    """Takes in one archive; `findings` and `counts` tell what came of it.

    Args:
        tools: Ports.
        committer: Writes images.
        batch: The upload that the archive came with.
        archive_name: What notices call it.
        deferred: Keeps tables and feature files until the images are in.
        progress: Told how many entries are done.
        cancelled: Set when it shall stop.
    """

    def __init__(
        self,
        tools: Tools,
        committer: ImageCommitter,
        batch: UploadBatch,
        archive_name: str,
        deferred: DeferredFiles,
        progress: ProgressSink,
        cancelled: asyncio.Event,
    ) -> None:
        self._tools = tools
        self._committer = committer
        self._batch = batch
        self._archive_name = archive_name
        self._deferred = deferred
        self._progress = progress
        self._cancelled = cancelled
        self._budget = Budget(_BYTES_AT_WORK, 2 * GROUP)
        self._unpacked_bytes = 0
        self._done = 0
        self._images = 0
        self._too_large: ArchiveTooLarge | None = None
        self.findings = Findings(_NOTICES)

    @property
    def counts(self) -> ImportCounts:
        """What came of the archive so far."""
        change = self.findings.change
        return ImportCounts(
            self._images, change.duplicates, change.refused, change.metadata, change.labels, change.features
        )

    async def run(self, path: Path) -> None:
        """Take everything in.

        Raises:
            ArchiveDamaged: If its directory cannot be read.
            ArchiveTooLarge: If it has too many entries, or unpacks to more than allowed.
            OperationCancelled: If `cancelled` was set.
        """
        try:
            with await threads.take(
                self._tools.executor, lambda: path.open("rb"), lambda opened: opened.close()
            ) as file:
                await self._take_entries(path, file)
            await self._apply_deferred()
        finally:
            self._deferred.discard()

    async def _take_entries(self, path: Path, file: BinaryIO) -> None:
        limit = self._tools.limits.archive_entries
        reader = await self._tools.run(lambda: ArchiveReader(file, self._archive_name, limit))
        await self._progress.report(phase="files", done=0, total=reader.count, failed=0)
        entries, is_empty = reader.entries(), True
        try:
            async with asyncio.TaskGroup() as tasks:
                while self._too_large is None and (some := await self._tools.next_of(entries, _ENTRIES)):
                    for entry in some:
                        self._check_cancelled()
                        if is_silent(entry.raw_name.decode("utf-8", "replace")):
                            self._done += 1
                            continue
                        is_empty = False
                        hold = await self._budget.acquire(entry.size_bytes)
                        tasks.create_task(self._take_entry(path, entry, hold))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group
        if self._too_large is not None:
            raise self._too_large
        if is_empty:
            name = self._archive_name
            self.findings.refuse(name, FileEmpty(f"{name!r} holds no files; pack it anew.", file_name=name))

    def _check_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise OperationCancelled("The import was cancelled; images that were taken before stay.")

    async def _take_entry(self, path: Path, entry: Entry, hold: int) -> None:
        shown = f"{self._archive_name}/{entry.shown_name}"
        try:
            name = archive.check_entry(entry, self._archive_name)
            shown = f"{self._archive_name}/{name}"
            unpacked = await self._unpacked(path, entry, name, shown)
            await self._take(unpacked)
        except ArchiveTooLarge as error:
            self._too_large = error
        except LoupeError as error:
            self.findings.refuse(shown, error)
        finally:
            self._budget.release(hold)
        self._done += 1
        await self._progress.report(done=self._done, failed=self.findings.change.refused)

    async def _unpacked(self, path: Path, entry: Entry, name: str, shown: str) -> _Unpacked:
        """An entry, unpacked in the executor; when cancelled, what the thread still brings is forgotten."""
        work = asyncio.ensure_future(self._tools.run(lambda: self._unpack(path, entry, name, shown)))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_forget)
            raise

    def _unpack(self, path: Path, entry: Entry, name: str, shown: str) -> _Unpacked:
        """Inflate, hash and decode one entry; runs in the executor with a file of its own."""
        limits = self._tools.limits
        bounds = InflateLimits(max(limits.image_bytes, limits.table_bytes), limits.ratio)
        with path.open("rb") as file:
            spooled = self._tools.spool.take(self._counted(_checked_head(inflate(file, entry, shown, bounds), shown)))
        try:
            if spooled.size_bytes == 0:
                raise FileEmpty(f"{shown!r} has no bytes.", file_name=shown)
            kind = FileKind.IMAGE if sniff(spooled.head, name) is FileKind.IMAGE else waits(spooled, name)
            inspected = self._tools.inspector.inspect(spooled, shown) if kind is FileKind.IMAGE else None
        except BaseException:
            spooled.discard()
            raise
        return _Unpacked(name, shown, kind, spooled, inspected)

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        limit = self._tools.limits.unpacked_bytes
        for chunk in chunks:
            # Several threads add here; a chunk of 256 KiB lost to a race now and then is nothing to a cap of 100 GiB.
            self._unpacked_bytes += len(chunk)
            if self._unpacked_bytes > limit:
                raise ArchiveTooLarge(
                    f"{self._archive_name!r} unpacks to more than {limit} bytes; split it.",
                    file_name=self._archive_name,
                    limit=f"{limit} bytes",
                )
            yield chunk

    async def _take(self, unpacked: _Unpacked) -> None:
        if unpacked.inspected is not None:
            try:
                taken = await self._committer.take(
                    self._batch,
                    unpacked.name,
                    unpacked.spooled,
                    unpacked.inspected,
                    GivenFacts(),
                    source=_SOURCE if self._batch.source in ("grpc", "http") else self._batch.source,
                    counts=False,
                )
            finally:
                unpacked.spooled.discard()
            await self._count(unpacked, unpacked.inspected, taken)
        elif unpacked.kind is not None:
            self._deferred.add(Waiting(unpacked.name, unpacked.shown, unpacked.kind, unpacked.spooled))
        else:
            unpacked.spooled.discard()
            self.findings.refuse(unpacked.shown, unknown_type(unpacked.shown))

    async def _count(self, unpacked: _Unpacked, inspected: InspectedImage, taken: Taken) -> None:
        is_new = not taken.is_duplicate
        if taken.is_repeat and taken.is_duplicate:
            # A run before this one took the file; whether it was new then, the image itself tells.
            async with self._tools.uow_factory(read_only=True) as store:
                is_new = await store.batches.brought(self._batch.id, taken.image_id, unpacked.name)
        if is_new:
            self._images += 1
            if inspected.frames > 1:
                self.findings.tell(frames_notice(unpacked.shown, inspected))
        else:
            self.findings.count(duplicates=1)
            self.findings.tell(duplicate_notice(unpacked.shown, taken))

    async def _apply_deferred(self) -> None:
        await self._progress.report(phase="tables")
        while True:
            self._check_cancelled()
            applied = await self._deferred.apply_next()
            if applied is None:
                break
            self.findings.add(applied.findings)
        await self._progress.report(
            phase="", failed=self.findings.change.refused, failures=list(self.findings.failures)[:100]
        )


def _forget(work: "asyncio.Future[_Unpacked]") -> None:
    if not work.cancelled() and work.exception() is None:
        work.result().spooled.discard()


def _checked_head(chunks: Iterator[bytes], shown: str) -> Iterator[bytes]:
    """Refuses an archive inside an archive before it is unpacked."""
    for number, chunk in enumerate(chunks):
        if number == 0 and is_archive(chunk[:512]):
            raise ArchiveEntryRefused(
                f"{shown!r} is an archive inside an archive; send it by itself.", file_name=shown, cause="archive"
            )
        yield chunk
