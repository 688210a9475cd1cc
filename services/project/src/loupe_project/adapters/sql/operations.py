"""Operations in SQL. A lease is a row's `lease_owner` until `lease_until`; every write of a runner names its lease."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from sqlalchemy import ColumnElement, CursorResult, and_, false, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe.project.v1 import operation_service_pb2 as pb
from loupe_project.adapters.sql.tables import operation_request_parts
from loupe_project.adapters.sql.tables import operations as t
from loupe_project.domain.errors import OperationNotFound
from loupe_project.domain.operation import Operation, OperationKind, OperationState, Progress
from loupe_project.domain.scope import Scope

_SHOWN = [column for column in t.columns if column.name != "request"]
"""What is read of an operation unless it is to be done: a request may hold a million ids, 16 MB."""
_LARGE_REQUEST_BYTES = 1 << 16
"""Requests above have rows of their own. Smaller ones stay where releases before that table look for them."""
_PART_BYTES = 1 << 20


class SqlOperationRepository:
    """See the port of the same name."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, operation: Operation) -> None:
        """See `OperationRepository`."""
        is_large = len(operation.request) > _LARGE_REQUEST_BYTES
        await self._session.execute(
            t.insert().values(
                id=operation.id,
                project_id=operation.project_id,
                kind=operation.kind.name,
                state=operation.state.value,
                target=operation.target,
                request=b"" if is_large else operation.request,
                creator=operation.creator,
                caller=operation.scope.to_bytes(),
                create_time=operation.create_time,
                update_time=operation.update_time,
                **_progress_values(operation.progress),
            )
        )
        if is_large:
            parts = [
                {"operation_id": operation.id, "part": part, "content": operation.request[start : start + _PART_BYTES]}
                for part, start in enumerate(range(0, len(operation.request), _PART_BYTES))
            ]
            await self._session.execute(insert(operation_request_parts), parts)

    async def get(self, project_id: str, operation_id: str) -> Operation:
        """See `OperationRepository`."""
        found = await self._find(t.c.id == operation_id, t.c.project_id == project_id)
        if found is None:
            raise OperationNotFound("There is no such operation; list those of the project.", operation=operation_id)
        return found

    async def is_open(self, project_id: str, operation_id: str) -> bool:
        """See `OperationRepository`."""
        found = await self._find(t.c.id == operation_id, t.c.project_id == project_id)
        return found is not None and not found.is_done

    async def list_by_creator(
        self, project_id: str, creator: str, *, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[Operation]:
        """See `OperationRepository`."""
        query = select(*_SHOWN).where(t.c.project_id == project_id, t.c.creator == creator)
        if before is not None:
            query = query.where(tuple_(t.c.create_time, t.c.id) < before)
        rows = await self._session.execute(query.order_by(t.c.create_time.desc(), t.c.id.desc()).limit(limit))
        return [_operation(row) for row in rows.mappings()]

    async def request_cancel(self, project_id: str, operation_id: str, now: datetime) -> None:
        """See `OperationRepository`."""
        await self._session.execute(
            update(t)
            .where(t.c.id == operation_id, t.c.project_id == project_id, t.c.state != OperationState.DONE.value)
            .values(cancel_requested=True, update_time=now)
        )

    async def has_work(self, now: datetime) -> bool:
        """See `OperationRepository`."""
        return (await self._session.execute(select(t.c.id).where(_is_free(now)).limit(1))).first() is not None

    async def lease(self, owner: str, now: datetime, until: datetime, limit: int) -> list[Operation]:
        """See `OperationRepository`."""
        query = select(t).where(_is_free(now)).order_by(t.c.create_time, t.c.id).limit(limit)
        rows = (await self._session.execute(query.with_for_update(skip_locked=True))).mappings().all()
        if not rows:
            return []
        leased_ids = [row["id"] for row in rows]
        await self._session.execute(
            update(t)
            .where(t.c.id.in_(leased_ids))
            .values(state=OperationState.RUNNING.value, lease_owner=owner, lease_until=until, update_time=now)
        )
        running = [{**row, "state": OperationState.RUNNING.value} for row in rows]
        large = await self._large_requests(leased_ids)
        return [_operation({**row, "request": large.get(row["id"], row["request"])}) for row in running]

    async def release_all(self, now: datetime) -> None:
        """See `OperationRepository`."""
        await self._session.execute(
            update(t).where(t.c.state == OperationState.RUNNING.value).values(
                state=OperationState.PENDING.value, lease_owner=None, update_time=now
            )
        )  # fmt: skip

    async def release(self, operation_id: str, owner: str) -> None:
        """See `OperationRepository`."""
        await self._write(operation_id, owner, state=OperationState.PENDING.value, lease_owner=None)

    async def renew(self, operation_id: str, owner: str, until: datetime) -> Operation | None:
        """See `OperationRepository`."""
        if not await self._write(operation_id, owner, lease_until=until):
            return None
        return await self._find(t.c.id == operation_id)

    async def save_progress(self, operation_id: str, owner: str, progress: Progress, now: datetime) -> bool:
        """See `OperationRepository`."""
        return await self._write(operation_id, owner, update_time=now, **_progress_values(progress))

    async def save_checkpoint(self, operation_id: str, owner: str, checkpoint: bytes) -> bool:
        """See `OperationRepository`."""
        return await self._write(operation_id, owner, checkpoint=checkpoint)

    async def finish(
        self, operation_id: str, owner: str, *, progress: Progress, response: bytes, error: bytes, now: datetime
    ) -> bool:
        """See `OperationRepository`."""
        return await self._write(
            operation_id,
            owner,
            state=OperationState.DONE.value,
            lease_owner=None,
            response=response or None,
            error=error or None,
            finish_time=now,
            update_time=now,
            **_progress_values(progress),
        )

    async def _large_requests(self, operation_ids: Sequence[str]) -> dict[str, bytes]:
        """Requests that have rows of their own, by operation."""
        own = operation_request_parts.c
        found = await self._session.execute(
            select(own.operation_id, own.content)
            .where(own.operation_id.in_(operation_ids))
            .order_by(own.operation_id, own.part)
        )
        parts: dict[str, list[bytes]] = defaultdict(list)
        for operation_id, content in found:
            parts[operation_id].append(content)
        return {operation_id: b"".join(some) for operation_id, some in parts.items()}

    async def _write(self, operation_id: str, owner: str, **values: Any) -> bool:
        """Change a row that `owner` holds; False if another one does."""
        result = await self._session.execute(
            update(t)
            .where(t.c.id == operation_id, t.c.lease_owner == owner, t.c.state == OperationState.RUNNING.value)
            .values(**values)
        )
        return cast("CursorResult[Any]", result).rowcount == 1

    async def _find(self, *conditions: Any) -> Operation | None:
        row = (await self._session.execute(select(*_SHOWN).where(*conditions or (false(),)))).mappings().first()
        return None if row is None else _operation(row)


def _is_free(now: datetime) -> ColumnElement[bool]:
    """Waiting, or held by somebody whose lease ran out."""
    return or_(
        t.c.state == OperationState.PENDING.value,
        and_(t.c.state == OperationState.RUNNING.value, t.c.lease_until < now),
    )


def _progress_values(progress: Progress) -> dict[str, Any]:
    failures = pb.OperationMetadata(failures=[status_pb2.Status.FromString(one) for one in progress.failures])
    return {
        "phase": progress.phase[:100],
        "fraction": progress.fraction,
        "done_count": progress.done_count,
        "total_count": progress.total_count,
        "failed_count": progress.failed_count,
        "failures": failures.SerializeToString(),
    }


def _failures(data: bytes | None) -> tuple[bytes, ...]:
    try:
        return tuple(one.SerializeToString() for one in pb.OperationMetadata.FromString(data or b"").failures)
    except DecodeError:
        return ()


def _operation(row: Mapping[Any, Any]) -> Operation:
    return Operation(
        id=row["id"],
        project_id=row["project_id"],
        kind=OperationKind[row["kind"]],
        target=row["target"],
        request=bytes(row.get("request", b"")),
        creator=row["creator"],
        scope=Scope.from_bytes(row["caller"]),
        create_time=row["create_time"],
        update_time=row["update_time"],
        state=OperationState(row["state"]),
        progress=Progress(
            row["phase"],
            row["fraction"],
            row["done_count"],
            row["total_count"],
            row["failed_count"],
            _failures(row["failures"]),
        ),
        finish_time=row["finish_time"],
        cancel_requested=bool(row["cancel_requested"]),
        checkpoint=bytes(row["checkpoint"] or b""),
        response=bytes(row["response"] or b""),
        error=bytes(row["error"] or b""),
    )
