"""A file that one call brings for facts of images that are there, and that an operation applies.

It passes through the spool into the object store and is never in memory as a whole.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument, LoupeError
from loupe_kit.objects import ObjectStore
from loupe_kit.storage_full import storage_full
from loupe_project.domain import keys
from loupe_project.domain import names as resource_names
from loupe_project.domain.intake import names
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.intake import Spool, Spooled
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access

MAX_FILE_BYTES = 1 << 30
"""Most bytes of one file, as it is sent."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that waits for its operation."""

    id: str
    """Also of the operation that may take it."""
    sha256: bytes
    """Of all its bytes."""


class ImportFiles:
    """Keeps files of imports from the call that brings them until their operation ends.

    Args:
        stores: Makes transactions.
        objects: Where they wait.
        spool: Where they arrive.
    """

    def __init__(self, stores: StoreFactory, objects: ObjectStore, spool: Spool) -> None:
        self._stores = stores
        self._objects = objects
        self._spool = spool

    @asynccontextmanager
    async def received(
        self, project_id: str, file_name: str, pieces: AsyncIterator[bytes]
    ) -> AsyncIterator[ReceivedFile]:
        """The file, whole. It goes with the context unless an operation of its id was written meanwhile.

        Args:
            project_id: Whose images it speaks of.
            file_name: What messages call it.
            pieces: Its bytes.

        Raises:
            InvalidArgument: If it is empty.
            FileTooLarge: If it is larger than `MAX_FILE_BYTES`.
            ResourceExhausted: If the disk is full.
        """
        spooled = await self._spooled(names.printable(file_name) or "file", pieces)
        file = ReceivedFile(ids.new_id(), bytes.fromhex(spooled.sha256))
        key = keys.spool(project_id, file.id)
        note = await asyncio.to_thread(self._spool.open_journal, [key])
        try:
            await self._put(key, spooled)
            yield file
        finally:
            await asyncio.shield(self._settle(project_id, file.id, note))

    async def _spooled(self, shown: str, pieces: AsyncIterator[bytes]) -> Spooled:
        writer = self._spool.begin(shown, MAX_FILE_BYTES)
        try:
            async for piece in pieces:
                await writer.write(piece)
            spooled = await writer.finish()
        except BaseException as error:
            writer.discard()
            full = storage_full(error)
            if full is None:
                raise
            raise full from error
        if not spooled.size_bytes:
            raise InvalidArgument(
                f"{shown!r} is empty; send its bytes as content.",
                fields=[FieldViolation("content", f"must have 1 to {MAX_FILE_BYTES} bytes")],
            )
        return spooled

    async def _put(self, key: str, spooled: Spooled) -> None:
        try:
            if spooled.data is not None:
                await self._objects.put_bytes(key, spooled.data)
            else:
                await self._objects.put_file(key, spooled.path())
        finally:
            await asyncio.to_thread(spooled.discard)

    async def _settle(self, project_id: str, file_id: str, note: str) -> None:
        """Forget the file if no operation needs it; where that cannot be found out, the next start looks again."""
        async with self._stores(read_only=True) as store:
            is_needed = await store.operations.is_open(project_id, file_id)
        if not is_needed:
            await self._objects.delete(keys.spool(project_id, file_id))
        await asyncio.to_thread(self._spool.close_journal, note)

    @asynccontextmanager
    async def waiting(self, operation: Operation, cancelled: asyncio.Event) -> AsyncIterator[Path]:
        """An operation's file on this machine. It goes when the operation ends, whatever its end is.

        Where only the process stops, the file stays: another one goes on with it.
        """
        key = keys.spool(operation.project_id, operation.id)
        try:
            async with local_file(self._objects, self._spool, key, MAX_FILE_BYTES) as path:
                yield path
        except LoupeError:
            await self._objects.delete(key)
            raise
        except asyncio.CancelledError:
            if cancelled.is_set():
                await asyncio.shield(self._objects.delete(key))
            raise
        await self._objects.delete(key)


async def ask_import(
    store: Store, scope: Scope, project_id: str, kind: OperationKind, wish: bytes, file: ReceivedFile, now: datetime
) -> Operation:
    """Write the operation that applies a file; the runner takes it after the commit.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Whose images the file speaks of.
        kind: Of the operation.
        wish: How the file is to be read and applied, in the handler's form.
        file: Which waits.
        now: Time of the call.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
    """
    await access.editor(store, scope, project_id)
    operation = Operation.asked(
        file.id,
        kind,
        project_id=project_id,
        target=resource_names.project(project_id),
        request=wish,
        scope=scope,
        now=now,
    )
    await store.operations.add(operation)
    return operation


@asynccontextmanager
async def local_file(objects: ObjectStore, spool: Spool, key: str, limit_bytes: int) -> AsyncIterator[Path]:
    """An object as a file of this machine: where the store has it, or a copy that goes with the context.

    Args:
        objects: Where it is.
        spool: Where copies lie.
        key: Of the object.
        limit_bytes: Most bytes of it.

    Raises:
        ObjectNotFound: If it is not there.
    """
    path = objects.local_path(key)
    if path is not None:
        await objects.size(key)  # The path says nothing about whether it is there.
        yield path
        return
    writer = spool.begin(key, limit_bytes)
    try:
        async with aclosing(objects.open(key)) as chunks:
            async for chunk in chunks:
                await writer.write(chunk)
        spooled = await writer.finish()
    except BaseException:
        writer.discard()
        raise
    try:
        yield await asyncio.to_thread(spooled.path)
    finally:
        await asyncio.to_thread(spooled.discard)
