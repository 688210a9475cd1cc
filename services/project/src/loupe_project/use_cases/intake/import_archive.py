"""Unpacks an archive: the handler of IMPORT_ARCHIVE.

A run that was cut short is simply run again: what it took in before is recognised by file name and bytes and not taken
for a duplicate. Counts and notices of the whole archive are written in one transaction with the mark that it is done.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from google.protobuf.message import Message

from loupe_kit.errors import Internal, LoupeError
from loupe_kit.storage_full import storage_full
from loupe_project.domain.errors import OperationCancelled, ProjectNotFound
from loupe_project.domain.operation import Operation
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.upload_batch import UploadBatch
from loupe_project.ports.operations import ProgressSink
from loupe_project.use_cases.import_file import local_file
from loupe_project.use_cases.intake.apply_features import FeatureApplier, FeatureReader
from loupe_project.use_cases.intake.apply_tables import TableApplier
from loupe_project.use_cases.intake.commit_images import ImageCommitter
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.deferred import DeferredFiles
from loupe_project.use_cases.intake.import_request import ImportCheckpoint, ImportCounts, ImportRequest
from loupe_project.use_cases.intake.unpack import Unpacker

_MAX_RUNS = 5
"""An archive that ends the process each time it is touched must not do so for ever."""


class ImportArchive:
    """Handler of archive imports.

    Args:
        tools: Ports.
        committer: Writes images.
        read_features: Reads feature files.
        respond: Makes the operation's response.
    """

    def __init__(
        self,
        tools: Tools,
        committer: ImageCommitter,
        read_features: FeatureReader,
        respond: Callable[[ImportCounts], Message],
    ) -> None:
        self._tools = tools
        self._committer = committer
        self._read_features = read_features
        self._respond = respond

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`.

        Raises:
            ArchiveDamaged: If the archive cannot be read; also as a notice.
            ArchiveTooLarge: If it has more entries than allowed.
            OperationCancelled: If somebody stopped it; images taken before stay.
        """
        request = ImportRequest.from_bytes(operation.request)
        checkpoint = ImportCheckpoint.from_bytes(operation.checkpoint)
        if checkpoint.result is None:
            counts = await self._first_or_next_run(operation, request, checkpoint, progress, cancelled)
        else:
            counts = checkpoint.result
        await self._tools.objects.delete(request.object_key)
        return self._respond(counts)

    async def _first_or_next_run(
        self,
        operation: Operation,
        request: ImportRequest,
        checkpoint: ImportCheckpoint,
        progress: ProgressSink,
        cancelled: asyncio.Event,
    ) -> ImportCounts:
        runs = checkpoint.runs + 1
        await progress.save_checkpoint(ImportCheckpoint(runs).to_bytes())
        project, batch = await self._where(operation, request)
        unpacker = self._unpacker(project, batch, request, progress, cancelled)
        try:
            if runs > _MAX_RUNS:
                raise Internal(
                    f"{request.file_name!r} ended the program {_MAX_RUNS} times and is given up; send its files alone."
                )
            tools = self._tools
            async with local_file(tools.objects, tools.spool, request.object_key, tools.limits.archive_bytes) as path:
                await unpacker.run(path)
        except asyncio.CancelledError:
            if cancelled.is_set():
                await _to_its_end(self._give_up(operation, request, batch, unpacker, progress, runs))
            raise
        except Exception as error:
            known = error if isinstance(error, LoupeError) else storage_full(error)
            if known is None:
                raise
            if not isinstance(known, OperationCancelled):
                unpacker.findings.refuse(request.file_name, known)
            await _to_its_end(self._give_up(operation, request, batch, unpacker, progress, runs))
            raise known from error
        await self._end(operation, batch, unpacker, progress, runs, is_done=True)
        return unpacker.counts

    def _unpacker(
        self,
        project: Project,
        batch: UploadBatch,
        request: ImportRequest,
        progress: ProgressSink,
        cancelled: asyncio.Event,
    ) -> Unpacker:
        deferred = DeferredFiles(
            self._tools,
            TableApplier(self._tools, project, batch),
            FeatureApplier(self._tools, self._read_features, project, batch),
        )
        return Unpacker(self._tools, self._committer, batch, request.file_name, deferred, progress, cancelled)

    async def _where(self, operation: Operation, request: ImportRequest) -> tuple[Project, UploadBatch]:
        async with self._tools.uow_factory(read_only=True) as store:
            project = await store.projects.get(Scope.of_loupe(), operation.project_id)
            batch = await store.batches.get(operation.project_id, request.batch_id)
        if project is None or batch is None:
            raise ProjectNotFound("The project was deleted during the import.", project=operation.project_id)
        return project, batch

    async def _give_up(
        self,
        operation: Operation,
        request: ImportRequest,
        batch: UploadBatch,
        unpacker: Unpacker,
        progress: ProgressSink,
        runs: int,
    ) -> None:
        """Keep what was found so far and forget the archive."""
        await self._end(operation, batch, unpacker, progress, runs, is_done=False)
        await self._tools.objects.delete(request.object_key)

    async def _end(
        self,
        operation: Operation,
        batch: UploadBatch,
        unpacker: Unpacker,
        progress: ProgressSink,
        runs: int,
        *,
        is_done: bool,
    ) -> None:
        """Keep what was found, end the batch if it was the last, and mark the import as done: all or nothing."""
        now, findings = self._tools.clock.now(), unpacker.findings
        async with self._tools.uow_factory() as store:
            await store.batches.change(batch.id, findings.change, now)
            await store.batches.add_notices(batch.id, findings.notices, now)
            await store.batches.finish_if_idle(batch.id, now, besides=operation.id)
            checkpoint = ImportCheckpoint(runs, unpacker.counts if is_done else None)
            await progress.checkpoint_with(store.operations, checkpoint.to_bytes())
            await store.commit()


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await something that must not be left half done, whoever cancels the caller meanwhile."""
    task = asyncio.ensure_future(work)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            is_cancelled = True
    task.result()
    if is_cancelled:
        raise asyncio.CancelledError
