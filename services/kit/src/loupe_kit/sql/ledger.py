"""Ledger of answered requests: a repeat of a `request_id` is answered from here."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, column, delete, select, table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from loupe_kit.sql.base import IdType, UtcDateTime

_MEDIUM_BLOB_BYTES = (1 << 24) - 1

# A table without metadata: services map it in their own, so it belongs to their migrations.
_ledger = table(
    "request_ledger",
    column("caller_id", String),
    column("method", String),
    column("request_id", String),
    column("request_hash", LargeBinary),
    column("response", LargeBinary),
    column("create_time", UtcDateTime),
)


class RequestLedger:
    """Mixin of the ledger table: `class Ledger(RequestLedger, Base): ...` in a service's tables."""

    __tablename__ = "request_ledger"

    caller_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Who asked: user id or service name, empty for anonymous callers."""
    method: Mapped[str] = mapped_column(String(160), primary_key=True)
    """Full RPC method name."""
    request_id: Mapped[str] = mapped_column(IdType, primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the request message."""
    response: Mapped[bytes] = mapped_column(LargeBinary(_MEDIUM_BLOB_BYTES))
    """The response message, serialised."""
    create_time: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


async def find_answer(
    session: AsyncSession, caller_id: str, method: str, request_id: str
) -> tuple[bytes, bytes] | None:
    """Hash of the request and serialised response kept under a request id, if there are any."""
    found = await session.execute(
        select(_ledger.c.request_hash, _ledger.c.response).where(
            _ledger.c.caller_id == caller_id,
            _ledger.c.method == method,
            _ledger.c.request_id == request_id,
        )
    )
    row = found.first()
    return None if row is None else (bytes(row[0]), bytes(row[1]))


async def keep_answer(
    session: AsyncSession,
    caller_id: str,
    method: str,
    request_id: str,
    *,
    request_hash: bytes,
    response: bytes,
    create_time: datetime,
) -> None:
    """Write the answer within the transaction that made it true."""
    await session.execute(
        _ledger.insert().values(
            caller_id=caller_id,
            method=method,
            request_id=request_id,
            request_hash=request_hash,
            response=response,
            create_time=create_time,
        )
    )


async def forget_requests(session: AsyncSession, before: datetime) -> None:
    """Delete answers older than `before`; a day is longer than any client repeats."""
    await session.execute(delete(_ledger).where(_ledger.c.create_time < before))
