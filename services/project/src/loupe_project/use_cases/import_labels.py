"""Giving images the labels of a file: all of it is read and checked first, then applied image by image."""

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_kit.errors import LoupeError, ResourceExhausted
from loupe_project.domain.image import Label, NewLabel
from loupe_project.domain.intake.boxes import check_boxes
from loupe_project.domain.intake.errors import TableFileUnknown
from loupe_project.domain.label_files.packed import PackedLabels
from loupe_project.domain.label_files.rows import (
    MAX_LABELS,
    ImageKey,
    LabelFault,
    LabelFormat,
    LabelRow,
    RowOrFault,
)
from loupe_project.domain.operation import Operation
from loupe_project.ports.label_files import LabelFileReader, NamedImages
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.cancelling import cancelled_operation
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.import_file import ImportFiles
from loupe_project.use_cases.label_changes import as_new, change_labels, same_place
from loupe_project.use_cases.retry import retry_conflicts

MAX_FAULTS = 1_000
"""Faults that an answer lists."""
_ROWS = 5_000
_PIECE = 500
"""Images a transaction."""


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What is to be done with a file."""

    file_name: str
    form: LabelFormat | None = None
    key: ImageKey = ImageKey.FILE_NAME
    replace: bool = False
    apply_good_rows: bool = False
    validate_only: bool = False

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ImportWish":
        """Undo `to_bytes`."""
        fields = json.loads(data)
        form = LabelFormat(fields["form"]) if fields["form"] else None
        return cls(**{**fields, "form": form, "key": ImageKey(fields["key"])})


@dataclass(slots=True)
class ImportReport:
    """What came of a file."""

    applied: bool = False
    labels: int = 0
    refused: int = 0
    faults: list[LabelFault] = field(default_factory=list)
    images: int = 0
    """That the good rows name."""
    wanted: PackedLabels = field(default_factory=PackedLabels)
    """Labels of the good rows."""

    def refuse(self, fault: LabelFault) -> None:
        """A row that is not good."""
        self.refused += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)

    def take(self, image_id: str, label: NewLabel | None) -> None:
        """A good row.

        Raises:
            ResourceExhausted: If there are too many.
        """
        self.labels += label is not None
        if len(self.wanted) == MAX_LABELS:
            raise ResourceExhausted(
                f"One import takes at most {MAX_LABELS:,} labels; split the file.", limit=str(MAX_LABELS)
            )
        self.wanted.add(image_id, label)


class ImportLabels:
    """Handler of IMPORT_LABELS. Doing it again changes nothing: images that are as the file says stay as they are.

    Args:
        stores: Makes transactions.
        files: Where the file waits.
        reader: Opens it.
        respond: Makes the response of what came of it.
        clock: Dates the labels.
    """

    def __init__(
        self,
        stores: StoreFactory,
        files: ImportFiles,
        reader: LabelFileReader,
        respond: Callable[[ImportReport], Message],
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
    ) -> ImportReport:
        wish = ImportWish.from_bytes(operation.request)
        report = ImportReport()
        await progress.report(phase="rows")
        with self._reader(path, wish.file_name, wish.form, wish.key) as rows:
            while some := await asyncio.to_thread(_next, rows):
                if cancelled.is_set():
                    raise cancelled_operation(operation)
                await self._check(operation, wish, some, report)
        image_ids = await asyncio.to_thread(report.wanted.image_ids)
        report.images = len(image_ids)
        if wish.validate_only or (report.refused and not wish.apply_good_rows):
            return report
        async for piece in image_jobs.pieces(operation, image_ids, _PIECE, progress, cancelled):
            await retry_conflicts(partial(self._apply, operation, wish, piece, report.wanted))
        report.applied = True
        return report

    async def _check(
        self, operation: Operation, wish: ImportWish, some: Sequence[RowOrFault], report: ImportReport
    ) -> None:
        by_stem: dict[bool, set[str]] = {False: set(), True: set()}
        for one in some:
            if isinstance(one, LabelRow):
                by_stem[one.is_stem].add(one.key)
        async with self._stores(read_only=True) as store:
            found = {
                is_stem: await store.labels.find_images(
                    operation.scope, operation.project_id, wish.key, sorted(texts), is_stem=is_stem
                )
                for is_stem, texts in by_stem.items()
            }
        for one in some:
            if isinstance(one, LabelFault):
                report.refuse(one)
            else:
                _take(one, found[one.is_stem], report)

    async def _apply(self, operation: Operation, wish: ImportWish, piece: Sequence[str], packed: PackedLabels) -> None:
        given = packed.of(piece)
        async with self._stores() as store:
            change = await begin_operation(store, operation)
            here = sorted(await store.images.existing(operation.scope, operation.project_id, piece))

            def target(image_id: str, existing: Sequence[Label]) -> list[NewLabel]:
                wanted = given[image_id]
                return wanted if wish.replace else _joined(existing, wanted)

            await change_labels(store, change, here, target, self._clock.now())
            await store.commit()


def _next(rows: Iterator[RowOrFault]) -> list[RowOrFault]:
    return list(islice(rows, _ROWS))


def _take(row: LabelRow, found: NamedImages, report: ImportReport) -> None:
    image = found.images.get(row.key)
    if image is None:
        report.refuse(LabelFault(row.file, row.row, _unknown(row, found)))
        return
    label = row.in_pixels(image.width, image.height)
    try:
        check_boxes([label] if label else [], image.width, image.height, _where(row), row.file, row.row)
        report.take(image.id, label)
    except ResourceExhausted:
        raise
    except LoupeError as error:
        report.refuse(LabelFault(row.file, row.row, error))


def _unknown(row: LabelRow, found: NamedImages) -> TableFileUnknown:
    what = "fits several images; write its full path" if row.key in found.ambiguous else "is no image of this project"
    return TableFileUnknown(
        f"{_where(row)}: {row.key[:200]!r} {what}.", file_name=row.file, row=str(row.row), target=row.key[:200]
    )


def _where(row: LabelRow) -> str:
    return f"Row {row.row} of {row.file!r}" if row.row else repr(row.file)


def _joined(existing: Sequence[Label], wanted: Sequence[NewLabel]) -> list[NewLabel]:
    """What an image has and what it gets: one class, and no box twice."""
    has_class = any(one.box is None for one in wanted)
    stay = as_new([one for one in existing if one.box is not None or not has_class])
    known = set(map(same_place, stay))
    return stay + [one for one in wanted if same_place(one) not in known]
