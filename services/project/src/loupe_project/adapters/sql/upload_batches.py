"""Upload batches in SQL, their notices, and which image each of their files became."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_kit.status import to_status_proto
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import (
    image_features,
    images,
    labels,
    operations,
    upload_batches,
    upload_files,
    upload_notices,
)
from loupe_project.domain.image import ImageState
from loupe_project.domain.intake.names import base_name
from loupe_project.domain.operation import OperationKind, OperationState
from loupe_project.domain.project import ImageCounts
from loupe_project.domain.text import fold
from loupe_project.domain.upload_batch import (
    BatchState,
    CountChange,
    NewNotice,
    Notice,
    Resolved,
    Severity,
    UploadBatch,
)

_COUNTS = ("duplicate_count", "refused_count", "metadata_count", "label_count", "feature_count")
_PLAIN = (
    "id",
    "project_id",
    "display_name",
    "uploader",
    "feature_set",
    "source",
    "request_id",
    "create_time",
    "update_time",
)


class SqlBatchRepository:
    """See `ports.intake.BatchRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, batch: UploadBatch) -> None:
        """See the port."""
        values = {name: getattr(batch, name) for name in _PLAIN}
        await self._session.execute(insert(upload_batches).values(state=batch.state.value, **values))

    async def find_by_request(self, project_id: str, uploader: str, request_id: str) -> UploadBatch | None:
        """See the port."""
        t = upload_batches
        found = await self._with_counts(
            select(t).where(t.c.project_id == project_id, t.c.uploader == uploader, t.c.request_id == request_id)
        )
        return found[0] if found else None

    async def get(self, project_id: str, batch_id: str) -> UploadBatch | None:
        """See the port."""
        t = upload_batches
        found = await self._with_counts(select(t).where(t.c.id == batch_id, t.c.project_id == project_id))
        return found[0] if found else None

    async def list_newest_first(
        self, project_id: str, *, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[UploadBatch]:
        """See the port."""
        t = upload_batches
        query = select(t).where(t.c.project_id == project_id)
        if before is not None:
            query = query.where(tuple_(t.c.create_time, t.c.id) < before)
        return await self._with_counts(query.order_by(t.c.create_time.desc(), t.c.id.desc()).limit(limit))

    async def list_active(self, limit: int, after: str = "") -> list[UploadBatch]:
        """See the port."""
        t = upload_batches
        rows = await self._session.execute(
            select(t).where(t.c.state == BatchState.ACTIVE.value, t.c.id > after).order_by(t.c.id).limit(limit)
        )
        return [_batch(row, ImageCounts()) for row in rows.mappings()]

    async def change(self, batch_id: str, change: CountChange, now: datetime) -> None:
        """See the port."""
        t = upload_batches
        added = (
            change.duplicates, change.refused, change.metadata, change.labels, change.features,
        )  # fmt: skip
        values: dict[str, Any] = {name: t.c[name] + more for name, more in zip(_COUNTS, added, strict=True) if more}
        await self._session.execute(update(t).where(t.c.id == batch_id).values(update_time=now, **values))

    async def open_stream(self, batch_id: str, now: datetime) -> None:
        """See the port."""
        t = upload_batches
        await self._session.execute(
            update(t)
            .where(t.c.id == batch_id)
            .values(state=BatchState.ACTIVE.value, open_streams=t.c.open_streams + 1, update_time=now, finish_time=None)
        )

    async def close_stream(self, batch_id: str) -> None:
        """See the port."""
        t = upload_batches
        await self._session.execute(update(t).where(t.c.id == batch_id).values(open_streams=t.c.open_streams - 1))

    async def close_all_streams(self) -> None:
        """See the port."""
        t = upload_batches
        await self._session.execute(update(t).where(t.c.state == BatchState.ACTIVE.value).values(open_streams=0))

    async def brought(self, batch_id: str, image_id: str, file_name: str) -> bool:
        """See the port."""
        found = await self._session.execute(
            select(images.c.id).where(
                images.c.id == image_id, images.c.upload_batch_id == batch_id, images.c.file_name == file_name
            )
        )
        return found.first() is not None

    async def finish_if_idle(self, batch_id: str, now: datetime, besides: str = "") -> bool:
        """See the port."""
        t = upload_batches
        waiting = _waits().where(operations.c.target.endswith(batch_id, autoescape=True), operations.c.id != besides)
        if (await self._session.execute(waiting.limit(1))).first() is not None:
            return False
        result = await self._session.execute(
            update(t)
            .where(t.c.id == batch_id, t.c.state == BatchState.ACTIVE.value, t.c.open_streams <= 0)
            .values(state=BatchState.FINISHED.value, update_time=now, finish_time=now)
        )
        is_finished = cast("CursorResult[Any]", result).rowcount == 1
        if is_finished:
            await self._session.execute(delete(upload_files).where(upload_files.c.upload_batch_id == batch_id))
        return is_finished

    async def add_notices(self, batch_id: str, notices: Sequence[NewNotice], now: datetime) -> None:
        """See the port."""
        rows = [
            {
                "id": ids.new_id(),
                "upload_batch_id": batch_id,
                "file_name": notice.file_name[:1000],
                "row_number": notice.row,
                "severity": notice.severity.value,
                "status": to_status_proto(notice.error).SerializeToString(deterministic=True),
                "create_time": now,
            }
            for notice in notices
        ]
        if rows:
            await self._session.execute(insert(upload_notices), rows)

    async def list_notices(self, batch_id: str, *, limit: int, after: str = "") -> list[Notice]:
        """See the port."""
        t = upload_notices
        rows = await self._session.execute(
            select(t).where(t.c.upload_batch_id == batch_id, t.c.id > after).order_by(t.c.id).limit(limit)
        )
        return [
            Notice(row.id, row.file_name, row.row_number, Severity(row.severity), bytes(row.status)) for row in rows
        ]

    async def known_hashes(self, project_id: str, hashes: Sequence[str]) -> set[str]:
        """See the port."""
        known: set[str] = set()
        for some in chunks(hashes):
            rows = await self._session.scalars(
                select(images.c.sha256).where(images.c.project_id == project_id, images.c.sha256.in_(some))
            )
            known.update(rows)
        return known

    async def remember_files(self, batch_id: str, files: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """See the port."""
        t = upload_files
        folded = {(fold(name), image_id): (name, image_id) for name, image_id in files}
        before: set[tuple[str, str]] = set()
        for some in chunks(list(folded)):
            rows = await self._session.execute(
                select(t.c.path_folded, t.c.image_id).where(
                    t.c.upload_batch_id == batch_id, t.c.path_folded.in_([path for path, _ in some])
                )
            )
            before.update((row.path_folded, row.image_id) for row in rows)
        rows_new = [
            {"upload_batch_id": batch_id, "path_folded": path, "image_id": image_id, "base_folded": base_name(path)}
            for path, image_id in folded
            if (path, image_id) not in before
        ]
        if rows_new:
            await self._session.execute(insert(t), rows_new)
        return {pair for key, pair in folded.items() if key in before}

    async def resolve_files(self, batch_id: str, project_id: str, names: Sequence[str]) -> Resolved:
        """See the port."""
        f, i = upload_files, images
        missing = {fold(name) for name in names}
        found: dict[str, str | None] = {}
        steps = (
            (f.c.path_folded, f.c.image_id, f.c.upload_batch_id == batch_id),
            (f.c.base_folded, f.c.image_id, f.c.upload_batch_id == batch_id),
            (i.c.file_name_folded, i.c.id, i.c.project_id == project_id),
        )
        for text, image_id, where in steps:
            here: dict[str, set[str]] = {}
            for some in chunks(sorted(missing)):
                rows = await self._session.execute(select(text, image_id).distinct().where(where, text.in_(some)))
                for name, one in rows:
                    here.setdefault(name, set()).add(one)
            found.update({name: next(iter(ones)) if len(ones) == 1 else None for name, ones in here.items()})
            missing -= here.keys()
        resolved = {name: one for name in names if (one := found.get(fold(name))) is not None}
        return Resolved(resolved, frozenset(name for name in names if fold(name) in found and name not in resolved))

    async def boxes_of(self, image_ids: Sequence[str]) -> dict[str, set[tuple[str, float, float, float, float]]]:
        """See the port."""
        boxes: dict[str, set[tuple[str, float, float, float, float]]] = {}
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(labels).where(labels.c.image_id.in_(some), labels.c.x.is_not(None))
            )
            for row in rows:
                boxes.setdefault(row.image_id, set()).add((row.name_folded, row.x, row.y, row.width, row.height))
        return boxes

    async def image_sizes(self, image_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """See the port."""
        sizes: dict[str, tuple[int, int]] = {}
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(images.c.id, images.c.width, images.c.height).where(images.c.id.in_(some))
            )
            sizes.update({row.id: (row.width, row.height) for row in rows})
        return sizes

    async def add_features(
        self, project_id: str, image_ids: Sequence[str], model: str, version: str, dimension: int
    ) -> None:
        """See the port."""
        t = image_features
        for some in chunks(image_ids):
            await self._session.execute(
                delete(t).where(t.c.image_id.in_(some), t.c.model == model, t.c.version == version)
            )
            await self._session.execute(
                insert(t),
                [
                    {
                        "image_id": one,
                        "project_id": project_id,
                        "model": model,
                        "version": version,
                        "dimension": dimension,
                    }
                    for one in some
                ],
            )

    async def _with_counts(self, query: Any) -> list[UploadBatch]:
        rows = (await self._session.execute(query)).mappings().all()
        counts = await self._image_counts([row["id"] for row in rows])
        waiting = await self._waiting_counts(
            {row["project_id"] for row in rows if row["state"] == BatchState.ACTIVE.value}
        )
        return [_batch(row, counts[row["id"]], waiting.get(row["id"], 0)) for row in rows]

    async def _waiting_counts(self, project_ids: set[str]) -> dict[str, int]:
        """Entries that archives still hold, by batch. An archive whose directory nobody has read yet counts as one."""
        counts: dict[str, int] = {}
        for project_id in project_ids:
            for row in await self._session.execute(_waits().where(operations.c.project_id == project_id)):
                batch_id = row.target.rpartition("/")[2]
                counts[batch_id] = counts.get(batch_id, 0) + max(1, row.total_count - row.done_count)
        return counts

    async def _image_counts(self, batch_ids: Iterable[str]) -> dict[str, ImageCounts]:
        by_batch: dict[str, dict[str, int]] = {one: {} for one in batch_ids}
        for some in chunks(list(by_batch)):
            rows = await self._session.execute(
                select(images.c.upload_batch_id, images.c.state, func.count())
                .where(images.c.upload_batch_id.in_(some))
                .group_by(images.c.upload_batch_id, images.c.state)
            )
            for batch_id, state, count in rows:
                by_batch[batch_id][state] = count
        return {one: _counts(states) for one, states in by_batch.items()}


def _waits() -> Any:
    """Archives that are not unpacked yet; each names its batch as its target."""
    t = operations
    return select(t.c.target, t.c.total_count, t.c.done_count).where(
        t.c.kind == OperationKind.IMPORT_ARCHIVE.name, t.c.state != OperationState.DONE.value
    )


def _counts(states: Mapping[str, int]) -> ImageCounts:
    return ImageCounts(
        pending=states.get(ImageState.PENDING.value, 0),
        analysed=states.get(ImageState.ANALYSED.value, 0),
        failed=states.get(ImageState.FAILED.value, 0),
    )


def _batch(row: Mapping[Any, Any], counts: ImageCounts, waiting: int = 0) -> UploadBatch:
    return UploadBatch(
        **{name: row[name] for name in _PLAIN},
        state=BatchState(row["state"]),
        image_counts=counts,
        finish_time=row["finish_time"],
        waiting_count=waiting,
        **{name: row[name] for name in _COUNTS},
    )
