"""Gives images what a metadata or label table says of them. Applying a table twice changes nothing the second time."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from loupe_project.domain import auto_tags
from loupe_project.domain.errors import BoxOutsideImage
from loupe_project.domain.image import MetadataValue, NewLabel, Origin
from loupe_project.domain.intake import names
from loupe_project.domain.intake.boxes import check_boxes
from loupe_project.domain.intake.errors import FileNameInvalid, TableFileUnknown
from loupe_project.domain.intake.kinds import FileKind
from loupe_project.domain.intake.rows import Fault, Row
from loupe_project.domain.intake.table_files import read_table
from loupe_project.domain.project import Project
from loupe_project.domain.text import fold
from loupe_project.domain.upload_batch import Resolved, UploadBatch
from loupe_project.ports.intake import Spooled
from loupe_project.ports.store import Store
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.findings import Findings

_ROWS = 500
_MAX_TAG = 300


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a chunk of rows says, by image id."""

    metadata: dict[str, dict[str, MetadataValue]] = field(default_factory=dict)
    times: dict[str, datetime | None] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=dict)
    labels: dict[str, list[NewLabel]] = field(default_factory=dict)


class TableApplier:
    """Applies tables to the images of one batch.

    Args:
        tools: Ports.
        project: Where the images are.
        batch: Whose files are looked for first.
    """

    def __init__(self, tools: Tools, project: Project, batch: UploadBatch) -> None:
        self._tools = tools
        self._project = project
        self._batch = batch

    async def apply(self, spooled: Spooled, file_name: str, shown: str, kind: FileKind) -> Findings:
        """Read a table in pieces of 500 rows and write each in a transaction of its own.

        Args:
            spooled: Its bytes.
            file_name: Its name, whose ending says its form.
            shown: What notices call it.
            kind: METADATA or LABELS.
        """
        findings = Findings(self._tools.limits.notices_per_file)
        zone = ZoneInfo(self._project.time_zone)
        rows = read_table(spooled.path(), file_name, kind, self._tools.limits.coco_bytes, zone)
        while some := await self._tools.next_of(rows, _ROWS):
            for fault in some:
                if isinstance(fault, Fault) and fault.is_refusal:
                    findings.refuse(shown, fault.error, fault.number)
                elif isinstance(fault, Fault):
                    findings.remark(shown, fault.error)
            await self._apply_rows([row for row in some if isinstance(row, Row)], shown, findings)
        return findings

    async def _apply_rows(self, rows: Sequence[Row], shown: str, findings: Findings) -> None:
        if not rows:
            return
        async with self._tools.uow_factory() as store:
            wanted = {row.file_name: _clean(row.file_name) for row in rows}
            resolved = await store.batches.resolve_files(self._batch.id, self._project.id, sorted(set(wanted.values())))
            changes = _Changes()
            sizes = await store.batches.image_sizes(sorted(set(resolved.image_ids.values())))
            for row in rows:
                image_id = resolved.image_ids.get(wanted[row.file_name])
                if image_id is None:
                    findings.refuse(shown, _unknown(row, wanted[row.file_name], shown, resolved), row.number)
                else:
                    _gather(row, image_id, sizes.get(image_id, (0, 0)), changes, findings, shown)
            await self._write(store, changes)
            await store.commit()

    async def _write(self, store: Store, changes: _Changes) -> None:
        now, project_id, creator = self._tools.clock.now(), self._project.id, self._batch.uploader
        if changes.metadata:
            await store.images.put_metadata(project_id, changes.metadata, now, replace=False)
        if changes.times:
            await store.images.set_capture_times(project_id, changes.times, now)
        if changes.labels:
            await store.labels.put(project_id, await _without_known_boxes(store, changes.labels), creator, now)
        by_tag: dict[str, list[str]] = {}
        for image_id, tags in changes.tags.items():
            for tag in tags:
                by_tag.setdefault(tag, []).append(image_id)
        if by_tag:
            ids = await store.tags.ensure(project_id, sorted(by_tag), Origin.USER, creator, now)
            for tag, image_ids in by_tag.items():
                await store.tags.put_on(image_ids, [ids[fold(tag, _MAX_TAG)]], Origin.USER, creator, now)


def _gather(row: Row, image_id: str, size: tuple[int, int], changes: _Changes, findings: Findings, shown: str) -> None:
    try:
        check_boxes(row.labels, *size, f"Row {row.number} of {shown!r}", shown, row.number)
    except BoxOutsideImage as error:
        findings.refuse(shown, error, row.number)
        return
    if row.metadata:
        changes.metadata.setdefault(image_id, {}).update(row.metadata)
    if row.capture_time is not None:
        changes.times[image_id] = row.capture_time
    tags = [tag for tag in row.tags if not auto_tags.is_automatic(tag)]
    if tags:
        changes.tags.setdefault(image_id, set()).update(tags)
    if row.labels:
        changes.labels.setdefault(image_id, []).extend(row.labels)
    has_metadata = bool(row.metadata or row.tags or row.capture_time)
    findings.count(metadata=int(has_metadata), labels=len(row.labels))


async def _without_known_boxes(store: Store, labels: dict[str, list[NewLabel]]) -> dict[str, list[NewLabel]]:
    """Boxes that an image has already are not given again: imports go on after a break, and tables are sent twice."""
    known = await store.batches.boxes_of(sorted(labels))
    fresh: dict[str, list[NewLabel]] = {}
    for image_id, ones in labels.items():
        seen = known.get(image_id, set())
        classes = [one for one in ones if one.box is None][-1:]
        for one in ones:
            if one.box is None:
                continue
            box = one.box
            key = (fold(one.display_name), _single(box.x), _single(box.y), _single(box.width), _single(box.height))
            if key not in seen:
                seen.add(key)
                fresh.setdefault(image_id, []).append(one)
        if classes:
            fresh.setdefault(image_id, []).extend(classes)
    return fresh


def _single(value: float) -> float:
    """A number as a column of single precision gives it back."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def _clean(name: str) -> str:
    try:
        return names.clean_file_name(name)
    except FileNameInvalid:
        return names.printable(name)


def _unknown(row: Row, name: str, shown: str, resolved: Resolved) -> TableFileUnknown:
    what = (
        "fits several images; write its full path"
        if name in resolved.ambiguous
        else "is no image of this upload or project"
    )
    return TableFileUnknown(
        f"Row {row.number} of {shown!r}: {name!r} {what}.", file_name=shown, row=str(row.number), target=name
    )
