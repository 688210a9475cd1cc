"""One stream of UploadFiles: begins or joins a batch, takes its files, applies its tables, ends the batch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument, LoupeError
from loupe_project.domain import keys
from loupe_project.domain.intake.boxes import check_boxes
from loupe_project.domain.intake.errors import (
    ChecksumMismatch,
    FileEmpty,
    UploadOrderInvalid,
)
from loupe_project.domain.intake.features import FEATURE_SET
from loupe_project.domain.intake.kinds import FileKind, sniff
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.upload_batch import CountChange, UploadBatch
from loupe_project.ports.intake import Spooled
from loupe_project.ports.operations import OperationWaker
from loupe_project.use_cases import access
from loupe_project.use_cases.intake.apply_features import FeatureApplier, FeatureReader
from loupe_project.use_cases.intake.apply_tables import TableApplier
from loupe_project.use_cases.intake.commit_images import ImageCommitter
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.deferred import DeferredFiles, Waiting, unknown_type, waits
from loupe_project.use_cases.intake.findings import Findings
from loupe_project.use_cases.intake.import_request import ImportRequest
from loupe_project.use_cases.intake.receive import Receiver
from loupe_project.use_cases.intake.stream import Answer, Begun, Ended, Event, FileAnswer, FileBegin, Header

_ANSWERS = 10_000
_MAX_TEXT = 100
_MAX_DISPLAY_NAME = 200


class UploadFiles:
    """Serves streams of UploadFiles.

    Args:
        tools: Ports.
        committer: Writes images.
        read_features: Reads feature files.
        waker: Told of new archive imports.
    """

    def __init__(
        self, tools: Tools, committer: ImageCommitter, read_features: FeatureReader, waker: OperationWaker
    ) -> None:
        self.tools = tools
        self.committer = committer
        self.read_features = read_features
        self.waker = waker

    async def run(self, scope: Scope, events: AsyncIterator[Event]) -> AsyncIterator[Answer]:
        """Answers to a stream of events: the batch first, each file as soon as it is durable, the batch at the end.

        Raises:
            UploadOrderInvalid: If the events come in the wrong order.
            InvalidArgument: If the header is wrong.
            ProjectNotFound: If the project does not exist for the caller.
            EditRightRequired: If he may only look.
        """
        header = await anext(events, None)
        if not isinstance(header, Header):
            raise UploadOrderInvalid("The first message must be the header; it names the project.")
        project, batch = await self._begin(scope, header)
        upload = _Upload(self, scope, project, batch)
        yield Begun(batch)
        receiving = asyncio.create_task(upload.receive(events))
        try:
            async for answer in upload.answers:
                yield answer
            await receiving
        finally:
            receiving.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await receiving
            # Also after a client that went away: what it sent before stays, and the batch is no longer open.
            await asyncio.shield(self._finish(batch))
        async with self.tools.uow_factory(read_only=True) as store:
            yield Ended(await store.batches.get(project.id, batch.id) or batch)

    async def _begin(self, scope: Scope, header: Header) -> tuple[Project, UploadBatch]:
        _check_header(header)
        request_id = str(ids.parse_id(header.request_id)) if header.request_id else None
        now = self.tools.clock.now()
        async with self.tools.uow_factory() as store:
            project = await access.editor(store, scope, header.project_id, Right.UPLOAD)
            batch = None
            if request_id is not None:
                batch = await store.batches.find_by_request(project.id, scope.principal, request_id)
            if batch is None:
                batch = UploadBatch(
                    id=ids.new_id(),
                    project_id=project.id,
                    display_name=header.display_name,
                    uploader=scope.principal,
                    feature_set=header.feature_set or "uploaded",
                    source=header.source or "grpc",
                    create_time=now,
                    update_time=now,
                    request_id=request_id,
                )
                await store.batches.add(batch)
            await store.batches.open_stream(batch.id, now)
            await store.commit()
        return project, batch

    async def _finish(self, batch: UploadBatch) -> None:
        async with self.tools.uow_factory() as store:
            await store.batches.close_stream(batch.id)
            await store.batches.finish_if_idle(batch.id, self.tools.clock.now())
            await store.commit()


class _Answers:
    """Answers on their way out: so many wait for a client who sends everything before it reads anything."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_ANSWERS)
        self._queue: asyncio.Queue[Answer | None] = asyncio.Queue()

    async def put(self, answer: Answer) -> None:
        """Add one, when there is room."""
        await self._room.acquire()
        self._queue.put_nowait(answer)

    def end(self) -> None:
        """No more will come."""
        self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Answer]:
        while (answer := await self._queue.get()) is not None:
            self._room.release()
            yield answer


class _Upload:
    """One stream at work."""

    def __init__(self, service: UploadFiles, scope: Scope, project: Project, batch: UploadBatch) -> None:
        self._service = service
        self._tools = service.tools
        self._scope = scope
        self._project = project
        self._batch = batch
        self._deferred = DeferredFiles(
            self._tools,
            TableApplier(self._tools, project, batch),
            FeatureApplier(self._tools, service.read_features, project, batch),
        )
        self.answers = _Answers()

    async def receive(self, events: AsyncIterator[Event]) -> None:
        """Take all files, then apply tables and features; ends the queue of answers."""
        receiver = Receiver(self._tools.spool, self._tools.limits, self._take, self._refuse)
        try:
            await receiver.receive(events)
            while (applied := await self._deferred.apply_next()) is not None:
                findings = applied.findings
                await self._keep(findings)
                await self.answers.put(FileAnswer(applied.file.shown, applied.file.kind, failure=findings.failure))
        finally:
            self._deferred.discard()
            self.answers.end()

    async def _take(self, begin: FileBegin, name: str, spooled: Spooled) -> None:
        kind = sniff(spooled.head, name)
        try:
            _check_bytes(begin, name, spooled)
            if kind is FileKind.IMAGE:
                answer = await self._take_image(begin, name, spooled)
            elif kind is FileKind.ARCHIVE:
                answer = await self._take_archive(name, spooled)
            elif (waiting := waits(spooled, name)) is not None:
                self._deferred.add(Waiting(name, name, waiting, spooled))
                return
            else:
                raise unknown_type(name)
        except LoupeError as error:
            spooled.discard()
            await self._refuse(name, error, kind)
        except BaseException:
            spooled.discard()
            raise
        else:
            spooled.discard()
            await self.answers.put(answer)

    async def _take_image(self, begin: FileBegin, name: str, spooled: Spooled) -> FileAnswer:
        inspected = await self._tools.run(lambda: self._tools.inspector.inspect(spooled, name))
        check_boxes(begin.facts.labels, inspected.width, inspected.height, repr(name), name)
        taken = await self._service.committer.take(
            self._batch, name, spooled, inspected, begin.facts, source=self._batch.source, counts=True
        )
        return FileAnswer(name, FileKind.IMAGE, taken.image_id, taken.is_duplicate, taken.is_restored)

    async def _take_archive(self, name: str, spooled: Spooled) -> FileAnswer:
        """Keep an archive and the promise to unpack it; both are durable when this returns."""
        operation_id, now = ids.new_id(), self._tools.clock.now()
        key = keys.spool(self._project.id, operation_id)
        request = ImportRequest(self._batch.id, name, key)
        note = self._tools.spool.open_journal([key])
        try:
            await self._tools.objects.put_file(key, spooled.path(), "application/zip")
            async with self._tools.uow_factory() as store:
                await store.operations.add(
                    Operation.asked(
                        operation_id,
                        OperationKind.IMPORT_ARCHIVE,
                        project_id=self._project.id,
                        target=self._batch.name,
                        request=request.to_bytes(),
                        scope=self._scope,
                        now=now,
                    )
                )
                await store.commit()
        except BaseException:
            await asyncio.shield(self._tools.objects.delete(key))
            raise
        finally:
            self._tools.spool.close_journal(note)
        self._service.waker.wake(operation_id)
        return FileAnswer(name, FileKind.ARCHIVE, operation_id=operation_id)

    async def _refuse(self, name: str, error: LoupeError, kind: FileKind = FileKind.UNKNOWN) -> None:
        findings = Findings(1)
        findings.refuse(name, error)
        await self._keep(findings)
        await self.answers.put(FileAnswer(name, kind, failure=error))

    async def _keep(self, findings: Findings) -> None:
        if findings.change == CountChange() and not findings.notices:
            return
        now = self._tools.clock.now()
        async with self._tools.uow_factory() as store:
            await store.batches.change(self._batch.id, findings.change, now)
            await store.batches.add_notices(self._batch.id, findings.notices, now)
            await store.commit()


def _check_bytes(begin: FileBegin, name: str, spooled: Spooled) -> None:
    if spooled.size_bytes == 0:
        raise FileEmpty(f"{name!r} has no bytes; send it again.", file_name=name)
    if begin.sha256 and begin.sha256.lower() != spooled.sha256:
        raise ChecksumMismatch(
            f"{name!r} arrived with other bytes than its checksum says; send it again.", file_name=name
        )


def _check_header(header: Header) -> None:
    if header.feature_set and not FEATURE_SET.fullmatch(header.feature_set):
        raise _bad_header("feature_set", "must be 1 to 63 characters of a-z, 0-9, '-', '_', '.'")
    if len(header.source) > _MAX_TEXT:
        raise _bad_header("source", f"must have at most {_MAX_TEXT} characters")
    if len(header.display_name) > _MAX_DISPLAY_NAME:
        raise _bad_header("display_name", f"must have at most {_MAX_DISPLAY_NAME} characters")


def _bad_header(field: str, what: str) -> InvalidArgument:
    return InvalidArgument(f"header.{field} {what}.", fields=[FieldViolation(f"header.{field}", what)])
