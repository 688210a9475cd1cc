"""Giving images the metadata of a table that comes later: all of it is read and checked first, then applied in pieces.

The table is read twice, so that a million rows need no more memory than 16 bytes each: the ids of their images.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from google.protobuf.message import Message

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import LoupeError, ResourceExhausted
from loupe_project.domain import auto_tags
from loupe_project.domain.errors import ProjectNotFound
from loupe_project.domain.image import MetadataValue, Origin
from loupe_project.domain.intake.errors import TableFileUnknown, TableRowRepeated
from loupe_project.domain.intake.rows import Fault, Row, RowOrFault
from loupe_project.domain.metadata_table import MAX_ROWS, NOT_FOUND, TableKey, repeated_rows
from loupe_project.domain.operation import Operation
from loupe_project.ports.metadata import NamedIds
from loupe_project.ports.metadata_files import MetadataFileReader, Rows
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases.cancelling import cancelled_operation
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.checkpoint import Checkpoint
from loupe_project.use_cases.import_file import ImportFiles
from loupe_project.use_cases.retry import retry_conflicts

MAX_FAULTS = 1_000
"""Faults that an answer lists."""
_CHECKED = 5_000
"""Rows that are looked up at a time."""
_PIECE = 1_000
"""Rows a transaction."""


@dataclass(frozen=True, slots=True)
class TableWish:
    """What is to be done with a table."""

    file_name: str
    key: TableKey = TableKey.FILE_NAME
    apply_good_rows: bool = False
    validate_only: bool = False

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TableWish":
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(**{**fields, "key": TableKey(fields["key"])})


@dataclass(slots=True)
class TableReport:
    """What came of a table."""

    applied: bool = False
    rows: int = 0
    images: int = 0
    changed: int = 0
    refused: int = 0
    faults: list[tuple[int, LoupeError]] = field(default_factory=list)
    """The first ones, each with its row from 1."""

    def refuse(self, row: int, error: LoupeError) -> None:
        """A row that is not good."""
        self.refused += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append((row, error))


@dataclass(frozen=True, slots=True)
class _State(Checkpoint):
    """How far a run came with applying."""

    done: int = 0
    """Rows, bad ones included."""
    changed: int = 0


class ImportMetadata:
    """Handler of IMPORT_METADATA. A second run checks again and goes on behind the last piece that was applied.

    Args:
        stores: Makes transactions.
        files: Where the table waits.
        reader: Opens it.
        respond: Makes the response of what came of it.
        clock: Dates the changes.
    """

    def __init__(
        self,
        stores: StoreFactory,
        files: ImportFiles,
        reader: MetadataFileReader,
        respond: Callable[[TableReport], Message],
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._files = files
        self._reader = reader
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        async with self._files.waiting(operation, cancelled) as path:
            report = await self._import(operation, path, progress, cancelled)
        return self._respond(report)

    async def _import(
        self, operation: Operation, path: Path, progress: ProgressSink, cancelled: asyncio.Event
    ) -> TableReport:
        wish = TableWish.from_bytes(operation.request)
        zone = await self._zone(operation)
        with ExitStack() as stack:
            opened = self._reader(path, wish.file_name, wish.key, zone)
            rows = await asyncio.to_thread(stack.enter_context, opened)
            await progress.report(phase="rows")
            report = TableReport()
            packed = await self._check(operation, wish, rows(), report, cancelled)
            # What was begun is brought to its end, whatever happened to images meanwhile.
            is_refused = report.refused and not wish.apply_good_rows and not operation.checkpoint
            if not (wish.validate_only or is_refused):
                await self._apply(operation, rows, packed, report, progress, cancelled)
        return report

    async def _zone(self, operation: Operation) -> ZoneInfo:
        async with self._stores(read_only=True) as store:
            project = await store.projects.get(operation.scope, operation.project_id)
        if project is None:
            raise ProjectNotFound("The project was deleted during the import.", project=operation.project_id)
        return ZoneInfo(project.time_zone)

    async def _check(
        self,
        operation: Operation,
        wish: TableWish,
        rows: Iterator[RowOrFault],
        report: TableReport,
        cancelled: asyncio.Event,
    ) -> bytearray:
        """Ids of the images of all rows in their order; `NOT_FOUND` for those that are refused."""
        packed = bytearray()
        while some := await asyncio.to_thread(_next, rows, _CHECKED):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            texts = sorted({_text(one, wish.key) for one in some if isinstance(one, Row)})
            async with self._stores(read_only=True) as store:
                found = await store.metadata.find_images(operation.scope, operation.project_id, wish.key, texts)
            for one in some:
                packed += _image_of(one, wish, found, report)
            if report.rows > MAX_ROWS:
                raise ResourceExhausted(f"One table has at most {MAX_ROWS:,} rows; split it.", limit=str(MAX_ROWS))
        for row, first in await asyncio.to_thread(repeated_rows, packed):
            packed[16 * row : 16 * row + 16] = NOT_FOUND
            report.images -= 1
            report.refuse(row + 1, _repeated(row + 1, first + 1, wish.file_name))
        report.faults.sort(key=lambda fault: fault[0])
        return packed

    async def _apply(
        self,
        operation: Operation,
        rows: Rows,
        packed: bytearray,
        report: TableReport,
        progress: ProgressSink,
        cancelled: asyncio.Event,
    ) -> None:
        state = _State.from_bytes(operation.checkpoint)
        await progress.report(phase="images", done=state.done, total=report.rows)
        again = _of_rows(rows())
        await asyncio.to_thread(_skip, again, state.done)
        while some := await asyncio.to_thread(_next, again, _PIECE):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            ones = ids.unpack_ids(bytes(packed[16 * state.done : 16 * (state.done + len(some))]))
            good = {image_id: row for image_id, row in zip(ones, some, strict=True) if image_id != _NOBODY}
            state = await retry_conflicts(partial(self._write, operation, good, len(some), state, progress))
            await progress.report(done=state.done)
        report.applied, report.changed = True, state.changed

    async def _write(
        self, operation: Operation, good: dict[str, RowOrFault], count: int, state: _State, progress: ProgressSink
    ) -> _State:
        now, project_id = self._clock.now(), operation.project_id
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            here = await store.images.existing(operation.scope, project_id, list(good))
            rows = {one: row for one, row in good.items() if one in here and isinstance(row, Row)}
            values: dict[str, dict[str, MetadataValue | None]] = {one: {**row.metadata} for one, row in rows.items()}
            changed, _ = await store.metadata.alter(change.id, project_id, values, now)
            times = {one: row.capture_time for one, row in rows.items() if row.capture_time is not None}
            moved = await store.metadata.alter_capture_times(change.id, project_id, times, now)
            await self._put_on(store, operation, rows, now)
            state = _State(state.done + count, state.changed + len({*changed, *moved}))
            await progress.checkpoint_with(store.operations, state.to_bytes())
            await store.commit()
        return state

    async def _put_on(self, store: Store, operation: Operation, rows: dict[str, Row], now: datetime) -> None:
        by_tag: dict[str, list[str]] = defaultdict(list)
        for image_id, row in rows.items():
            for text in row.tags:
                if not auto_tags.is_automatic(text):
                    by_tag[text].append(image_id)
        if not by_tag:
            return
        project_id, creator = operation.project_id, operation.creator
        await store.tags.ensure(project_id, sorted(by_tag), Origin.USER, creator, now)
        for text, image_ids in sorted(by_tag.items()):
            for tag in (await store.tags.find(project_id, [text])).values():
                await store.tags.put_on_by(operation.id, tag, sorted(image_ids), creator, now)


_NOBODY = ids.unpack_ids(NOT_FOUND)[0]


def _next(rows: Iterator[RowOrFault], count: int) -> list[RowOrFault]:
    return list(islice(rows, count))


def _skip(rows: Iterator[RowOrFault], count: int) -> None:
    for _ in islice(rows, count):
        pass


def _of_rows(rows: Iterator[RowOrFault]) -> Iterator[RowOrFault]:
    """One item for each row of the table, without what is only worth knowing of its columns."""
    return (one for one in rows if isinstance(one, Row) or one.is_refusal)


def _text(row: Row, key: TableKey) -> str:
    return row.file_name.lower() if key is TableKey.SHA256 else row.file_name


def _image_of(one: RowOrFault, wish: TableWish, found: NamedIds, report: TableReport) -> bytes:
    """The packed id of the image of a row; nothing for what is no row."""
    if isinstance(one, Fault):
        if not one.is_refusal:
            return b""
        report.rows += 1
        report.refuse(one.number, one.error)
        return NOT_FOUND
    report.rows += 1
    text = _text(one, wish.key)
    image_id = found.ids.get(text)
    if image_id is None:
        what = "fits several images; use another key" if text in found.ambiguous else "is no image of this project"
        error = TableFileUnknown(
            f"Row {one.number} of {wish.file_name!r}: {text[:200]!r} {what}.",
            file_name=wish.file_name,
            row=str(one.number),
            target=text[:200],
        )
        report.refuse(one.number, error)
        return NOT_FOUND
    report.images += 1
    return ids.pack_ids([image_id])


def _repeated(row: int, first: int, table: str) -> TableRowRepeated:
    return TableRowRepeated(
        f"Row {row} of {table!r} speaks of the same image as row {first}; keep one of them.",
        row=str(row),
        first_row=str(first),
    )
