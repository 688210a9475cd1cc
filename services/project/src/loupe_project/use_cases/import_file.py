"""A file that one call brings for facts of images that are there, and that an operation applies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import LoupeError
from loupe_kit.objects import ObjectStore
from loupe_project.domain import keys, names
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access


class AskImport:
    """Takes a file in, for the operation that applies it.

    Args:
        objects: Where the file waits.
        kind: Of the operation.
    """

    def __init__(self, objects: ObjectStore, kind: OperationKind) -> None:
        self._objects = objects
        self._kind = kind

    async def ask(
        self, store: Store, scope: Scope, project_id: str, wish: bytes, content: bytes, now: datetime
    ) -> Operation:
        """Write the operation; the runner takes it after the commit.

        Args:
            store: Open transaction.
            scope: Of the caller.
            project_id: Whose images the file speaks of.
            wish: How it is to be read and applied, in the handler's form.
            content: The file.
            now: Time of the call.

        Raises:
            ProjectNotFound: If the project does not exist for the caller.
            EditRightRequired: If he may only look.
        """
        await access.editor(store, scope, project_id)
        operation = Operation(
            id=ids.new_id(),
            project_id=project_id,
            kind=self._kind,
            target=names.project(project_id),
            request=wish,
            creator=scope.principal,
            scope=scope,
            create_time=now,
            update_time=now,
        )
        # A file whose operation is not written is one that nobody knows; it goes with its project at the latest.
        await self._objects.put_bytes(keys.spool(project_id, operation.id), content)
        await store.operations.add(operation)
        return operation


@asynccontextmanager
async def waiting_file(objects: ObjectStore, operation: Operation, cancelled: asyncio.Event) -> AsyncIterator[bytes]:
    """The content of an operation's file, which goes when the operation ends, whatever its end is.

    Where only the process stops, the file stays: another one goes on with it.
    """
    key = keys.spool(operation.project_id, operation.id)
    try:
        yield await objects.read(key)
    except LoupeError:
        await objects.delete(key)
        raise
    except asyncio.CancelledError:
        if cancelled.is_set():
            await asyncio.shield(objects.delete(key))
        raise
    await objects.delete(key)
