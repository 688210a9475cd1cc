"""Receives the files of one stream: the next one comes in while those before it are worked on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from loupe_kit.errors import LoupeError
from loupe_kit.storage_full import storage_full
from loupe_project.domain.intake import names
from loupe_project.domain.intake.errors import UploadOrderInvalid
from loupe_project.domain.intake.kinds import HEAD_BYTES, FileKind, sniff
from loupe_project.ports.intake import Limits, Spool, Spooled, SpoolWriter
from loupe_project.use_cases.intake.budget import Budget
from loupe_project.use_cases.intake.stream import Chunk, Event, FileBegin

TakeFile = Callable[[FileBegin, str, Spooled], Awaitable[None]]
"""Takes a whole file under its cleaned name, and answers it."""
RefuseFile = Callable[[str, LoupeError], Awaitable[None]]
"""Answers a file that is refused, by the name to show."""


class _Incoming:
    """The file that is being received. After a fault its bytes are passed over."""

    def __init__(self, begin: FileBegin, spool: Spool, limits: Limits) -> None:
        self.begin = begin
        self.name = begin.file_name
        self.fault: LoupeError | None = begin.fault
        self.size_bytes = 0
        self._limits = limits
        self._head = b""
        self._writer: SpoolWriter | None = None
        try:
            self.name = names.clean_file_name(begin.file_name)
        except LoupeError as error:
            self.name, self.fault = names.printable(begin.file_name), error
        if self.fault is None:
            self._writer = spool.begin(self.name, limits.archive_bytes)

    async def write(self, chunk: bytes) -> None:
        if self.fault is not None or self._writer is None:
            return
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
            self._writer.limit_bytes = self._limit()
        self.size_bytes += len(chunk)
        try:
            await self._writer.write(chunk)
        except LoupeError as error:
            self.fault = error
        except OSError as error:
            self._writer.discard()
            self.fault = storage_full(error)
            if self.fault is None:
                raise

    async def finish(self) -> Spooled | None:
        return None if self._writer is None or self.fault is not None else await self._writer.finish()

    def discard(self) -> None:
        if self._writer is not None:
            self._writer.discard()

    def _limit(self) -> int:
        kind = sniff(self._head, self.name)
        if kind is FileKind.ARCHIVE:
            return self._limits.archive_bytes
        return self._limits.image_bytes if kind is FileKind.IMAGE else self._limits.table_bytes


class Receiver:
    """Turns a stream of events into whole files.

    Args:
        spool: Where bytes go.
        limits: Sizes, and how many files are worked on at a time.
        take: Takes each whole file; runs beside the reception of the next ones.
        refuse: Answers each file that is refused before it is whole.
    """

    def __init__(self, spool: Spool, limits: Limits, take: TakeFile, refuse: RefuseFile) -> None:
        self._spool = spool
        self._limits = limits
        self._take = take
        self._refuse = refuse
        self._budget = Budget(limits.window_bytes, limits.window)

    async def receive(self, events: AsyncIterator[Event]) -> None:
        """Receive until the stream ends and every file has its answer.

        A stream that breaks off leaves out the file that was being received; whole ones are taken or left out.

        Raises:
            UploadOrderInvalid: If bytes come before a file, or a second header.
        """
        incoming: _Incoming | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                async for event in events:
                    if isinstance(event, Chunk):
                        if incoming is None:
                            raise UploadOrderInvalid("Bytes came before any file; send `file` first, then its chunks.")
                        await incoming.write(event.data)
                        continue
                    if not isinstance(event, FileBegin):
                        raise UploadOrderInvalid("A second header came; send one, as the first message.")
                    await self._end(incoming, tasks)
                    incoming = _Incoming(event, self._spool, self._limits)
                await self._end(incoming, tasks)
                incoming = None
        except BaseExceptionGroup as group:
            # Whatever went wrong first is what the caller should hear; the other files of the group were cancelled.
            raise group.exceptions[0] from group
        finally:
            if incoming is not None:
                incoming.discard()

    async def _end(self, incoming: _Incoming | None, tasks: asyncio.TaskGroup) -> None:
        if incoming is None:
            return
        hold = await self._budget.acquire(incoming.size_bytes)
        tasks.create_task(self._take_whole(incoming, hold))

    async def _take_whole(self, incoming: _Incoming, hold: int) -> None:
        try:
            spooled = await incoming.finish()
            if spooled is None:
                fault = incoming.fault
                if fault is not None:
                    await self._refuse(incoming.name, fault)
                return
            await self._take(incoming.begin, incoming.name, spooled)
        except Exception as error:
            incoming.discard()
            full = storage_full(error)
            if full is None:
                raise
            # Smaller files that come after it may still find room.
            await self._refuse(incoming.name, full)
        except BaseException:
            incoming.discard()
            raise
        finally:
            self._budget.release(hold)
