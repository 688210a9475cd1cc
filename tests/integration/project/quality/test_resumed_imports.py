"""An import whose process dies goes on where it was, and nothing is there twice."""

import asyncio
from typing import Any, cast

import pytest
from google.protobuf.message import Message

from loupe_kit import ids
from loupe_project.adapters.intake.label_files import open_label_file
from loupe_project.convert import label_import
from loupe_project.domain import keys
from loupe_project.domain.errors import OperationCancelled
from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.intake import Spool
from loupe_project.use_cases import import_labels
from loupe_project.use_cases.import_file import ImportFiles, ReceivedFile, ask_import
from loupe_project.use_cases.import_labels import ImportLabels, ImportWish
from tests.integration.project.conftest import Project
from tests.integration.project.quality.test_label_import import labels_of, make_project

TABLE = (
    "file_name,label,x,y,width,height\n"
    "a.png,NG,,,,\na.png,dent,1,2,3,4\nb.png,dent,1.1234567,2,3,4\nb.png,dent,50,60,7,8\nc.png,OK,,,,\n"
)


class Progress:
    """Ends the work, as the end of a process does, after so many images."""

    def __init__(self, dies_after: int | None = None) -> None:
        self._dies_after = dies_after

    async def report(self, **news: Any) -> None:
        if self._dies_after is not None and news.get("done") == self._dies_after:
            raise asyncio.CancelledError


async def begin(project: Project, parent: str) -> Operation:
    """The operation, which the runner of the service does not know."""
    owner = Scope(user_id=project.ada.id, principal=f"users/{project.ada.id}")
    async with project.parts.stores() as store:
        now, project_id, wish = project.parts.clock.now(), parent.rpartition("/")[2], ImportWish("l.csv").to_bytes()
        file = ReceivedFile(ids.new_id(), b"")
        await project.parts.objects.put_bytes(keys.spool(project_id, file.id), TABLE.encode())
        return await ask_import(store, owner, project_id, OperationKind.IMPORT_LABELS, wish, file, now)


async def run(
    project: Project, operation: Operation, progress: Progress, cancelled: asyncio.Event | None = None
) -> Message:
    parts = project.parts
    # A folder keeps its objects on this machine: no copy of them is spooled.
    files = ImportFiles(parts.stores, parts.objects, cast("Spool", None))
    handler = ImportLabels(parts.stores, files, open_label_file, label_import.to_message, parts.clock)
    return await handler.run(operation, progress, cancelled or asyncio.Event())  # type: ignore[arg-type] # reports alone


@pytest.mark.parametrize("dies_after", [1, 2, 3])
async def test_import__goes_on_after_a_death(
    project: Project, monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    monkeypatch.setattr(import_labels, "_PIECE", 1)
    old = NewLabel("old", Box(9, 9, 9, 9))
    parent = await make_project(project, {"a.png": (NewLabel("OK"),), "b.png": (old,), "c.png": ()})
    before = await labels_of(project, parent)
    operation = await begin(project, parent)

    with pytest.raises(asyncio.CancelledError):
        await run(project, operation, Progress(dies_after))
    assert await labels_of(project, parent) != before
    await run(project, operation, Progress())

    expected = {
        "a.png": {("NG",), ("dent", "1", "2", "3", "4")},
        "b.png": {
            ("old", "9", "9", "9", "9"),
            ("dent", "1.12346", "2", "3", "4"),
            ("dent", "50", "60", "7", "8"),
        },
        "c.png": {("OK",)},
    }
    assert await labels_of(project, parent) == expected
    async with project.parts.stores(read_only=True) as store:
        piece = await store.history.piece_of(operation.id, after_image_id="", image_limit=10)
    # The class of a.png changed; four labels are new.
    assert (len(piece.alterations), piece.overwritten_count, piece.image_count) == (5, 0, 3)


async def test_import__stopped__leaves_no_file(project: Project) -> None:
    parent = await make_project(project, {"a.png": (), "b.png": (), "c.png": ()})
    operation = await begin(project, parent)
    file = keys.spool(operation.project_id, operation.id)
    assert await project.parts.objects.exists(file)
    stopped = asyncio.Event()
    stopped.set()

    with pytest.raises(OperationCancelled):
        await run(project, operation, Progress(), stopped)

    assert not await project.parts.objects.exists(file)
    assert not any((await labels_of(project, parent)).values())
