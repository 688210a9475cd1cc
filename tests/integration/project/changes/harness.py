"""Runs handlers of long work on a real store, on lease and with checkpoints as the runner does, cut off at will."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from loupe_kit import ids
from loupe_kit.errors import LoupeError
from loupe_kit.testing import FakeClock
from loupe_project.adapters.intake.metadata_files import open_metadata_file
from loupe_project.convert import metadata, work
from loupe_project.domain.history import Fact, HistoryLine
from loupe_project.domain.image import ImageDetails, MetadataValue, Origin
from loupe_project.domain.operation import Operation, OperationKind, Progress
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.history import Reverter
from loupe_project.ports.operations import OperationHandler
from loupe_project.use_cases import modify_image_metadata
from loupe_project.use_cases.delete_tags import DeleteTags, ask_delete_tags
from loupe_project.use_cases.image_jobs import new_operation
from loupe_project.use_cases.import_file import ImportFiles, ReceivedFile, ask_import
from loupe_project.use_cases.import_metadata import ImportMetadata, TableWish
from loupe_project.use_cases.merge_tags import MergeTags
from loupe_project.use_cases.modify_image_metadata import ModifyImageMetadata
from loupe_project.use_cases.modify_image_tags import ModifyImageTags, checked_wish
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.operation_progress import LeasedProgress
from loupe_project.use_cases.revert_metadata import CaptureTimeReverter, MetadataReverter
from loupe_project.use_cases.revert_tags import TagReverter
from loupe_project.use_cases.undo_operation import UndoOperation, ask_undo
from tests.contract.ports.project.builders import LOUPE, NOW, Units


class Killed(BaseException):
    """The process died here."""


class MemoryFiles:
    """Files that wait, of imports."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    @asynccontextmanager
    async def waiting(self, operation: Operation, _cancelled: asyncio.Event) -> AsyncIterator[Path]:
        """A file; it stays where the process dies."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.files[operation.id])
            file.flush()
            try:
                yield Path(file.name)
            except LoupeError:
                del self.files[operation.id]
                raise
        del self.files[operation.id]


class Bulk:
    """Long work on one project by its owner; time goes on a second at each transaction."""

    def __init__(self, units: Units, project: Project) -> None:
        self.units = units
        self.files = MemoryFiles()
        self.project = project
        self.clock = FakeClock(NOW)
        self.owner = Scope(user_id=project.owner_id, principal=f"users/{project.owner_id}")
        self._left: int | None = None

    def stores(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Any]:
        """Transactions; the last one before the death of the process never gets to its commit."""
        self.clock.advance(timedelta(seconds=1))
        unit = self.units(read_only=read_only)
        if self._left is None or read_only:
            return unit
        self._left -= 1
        if self._left < 0:

            async def die() -> None:
                raise Killed

            unit.commit = die  # type: ignore[method-assign]
        return unit

    def handlers(self) -> dict[OperationKind, OperationHandler]:
        """Who does what."""
        reverters: dict[Fact, Reverter] = {
            Fact.TAG: TagReverter(),
            Fact.METADATA: MetadataReverter(),
            Fact.CAPTURE_TIME: CaptureTimeReverter(),
        }
        return {
            OperationKind.MODIFY_IMAGE_TAGS: ModifyImageTags(self.stores, work.modified, self.clock),
            OperationKind.MODIFY_IMAGE_METADATA: ModifyImageMetadata(self.stores, metadata.modified, self.clock),
            OperationKind.IMPORT_METADATA: ImportMetadata(
                self.stores, cast("ImportFiles", self.files), open_metadata_file, metadata.imported, self.clock
            ),
            OperationKind.MERGE_TAGS: MergeTags(self.stores, work.merged, self.clock),
            OperationKind.DELETE_TAGS: DeleteTags(self.stores, work.tags_deleted, self.clock),
            OperationKind.UNDO_OPERATION: UndoOperation(self.stores, reverters, work.undone, self.clock),
        }

    async def tag(self, image_ids: list[str], add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Operation:
        """Ask for tags to be put on and taken off."""
        wish = checked_wish(add, remove).to_bytes()
        now = self.clock.now()
        operation = new_operation(self.owner, self.project.id, OperationKind.MODIFY_IMAGE_TAGS, image_ids, now, wish)
        return await self.add(operation)

    async def change_metadata(
        self,
        image_ids: list[str],
        values: dict[str, MetadataValue] | None = None,
        remove: tuple[str, ...] = (),
        rename: dict[str, str] | None = None,
    ) -> Operation:
        """Ask for metadata to be set, removed and renamed."""
        wish = modify_image_metadata.checked_wish(values or {}, remove, rename or {}).to_bytes()
        kind, now = OperationKind.MODIFY_IMAGE_METADATA, self.clock.now()
        return await self.add(new_operation(self.owner, self.project.id, kind, image_ids, now, wish))

    async def import_table(self, content: bytes, file_name: str = "late.csv", **wish: Any) -> Operation:
        """Send a table."""
        async with self.units() as unit:
            file, kind = ReceivedFile(ids.new_id(), b""), OperationKind.IMPORT_METADATA
            request = TableWish(file_name, **wish).to_bytes()
            asked = await ask_import(unit, self.owner, self.project.id, kind, request, file, self.clock.now())
            await unit.commit()
        self.files.files[file.id] = content
        return asked

    async def ask_delete(self, *tag_ids: str) -> Operation:
        """Ask for tags to be deleted."""
        async with self.units() as unit:
            tags = [(self.project.id, one) for one in tag_ids]
            asked = await ask_delete_tags(unit, self.owner, self.project.id, tags, self.clock.now())
            await unit.commit()
        return asked

    async def metadata_of(self, image_id: str) -> dict[str, MetadataValue]:
        """Metadata of an image."""
        return dict((await self._details(image_id)).metadata)

    async def auto_tags_of(self, image_id: str) -> set[str]:
        """Texts of the automatic tags of an image."""
        return {one.display_name for one in (await self._details(image_id)).tags if one.origin is Origin.AUTO}

    async def add(self, operation: Operation) -> Operation:
        """Write an operation."""
        async with self.units() as unit:
            await unit.operations.add(operation)
            await unit.commit()
        return operation

    async def undo(self, operation: Operation) -> Any:
        """Undo an operation, now; its response."""
        return await self.run(await self.ask_undo(operation))

    async def ask_undo(self, operation: Operation) -> Operation:
        """Ask for an operation to be undone."""
        async with self.units() as unit:
            asked = await ask_undo(unit, self.owner, self.project.id, operation.id, self.clock.now())
            await unit.commit()
        return asked

    async def run(self, operation: Operation, *, dies_at: int | None = None, is_cancelled: bool = False) -> Any:
        """Do an operation on lease and end it; its response.

        Args:
            operation: Added before.
            dies_at: Number of the writing transaction, from 0, that the process dies in; its lease then runs out.
            is_cancelled: Whether somebody wants it stopped.
        """
        owner = ids.new_id()
        async with self.units() as unit:
            now = self.clock.now()
            (leased,) = await unit.operations.lease(owner, now, now, 1)
            await unit.commit()
        assert leased.id == operation.id
        handler = self.handlers()[leased.kind]
        progress = _QuietProgress(self.units, OperationHub(), self.clock, leased, owner)
        cancelled = asyncio.Event()
        if is_cancelled:
            cancelled.set()
        self._left = dies_at
        try:
            response = await handler.run(replace(leased, scope=self.owner), progress, cancelled)
        finally:
            self._left = None
        async with self.units() as unit:
            now = self.clock.now()
            await unit.operations.finish(leased.id, owner, progress=Progress(), response=b"", error=b"", now=now)
            await unit.commit()
        return response

    async def tags_of(self, image_id: str) -> dict[str, tuple[str, object]]:
        """Person and time of the tags of people on an image, by text."""
        found = await self._details(image_id)
        return {one.display_name: (one.creator, one.create_time) for one in found.tags if one.creator}

    async def _details(self, image_id: str) -> ImageDetails:
        async with self.units(read_only=True) as unit:
            (found,) = await unit.images.details(LOUPE, self.project.id, [image_id])
        return found

    async def history(self, image_id: str) -> list[HistoryLine]:
        """What was changed of an image, newest first."""
        async with self.units(read_only=True) as unit:
            return await unit.history.list_newest_first(image_id, frozenset(Fact), after=None, limit=100)


class _QuietProgress(LeasedProgress):
    """Only checkpoints are written, so that transactions can be counted."""

    async def report(self, **_news: Any) -> None:
        return None
