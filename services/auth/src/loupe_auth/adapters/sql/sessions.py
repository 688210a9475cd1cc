"""Sessions and refresh tokens in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_auth.adapters.sql import statements
from loupe_auth.adapters.sql.tables import RefreshTokenRow, SessionRow
from loupe_auth.domain.sessions import EndReason, RefreshToken, Session
from loupe_auth.ports import TimeKey


class SqlSessionRepository:
    """The port SessionRepository over one session of SQLAlchemy."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, session: Session, token: RefreshToken) -> None:
        """Adds a session with its first token."""
        await self._session.execute(
            insert(SessionRow).values(
                id=session.id,
                user_id=session.user_id,
                create_time=session.create_time,
                last_use_time=session.last_use_time,
                expire_time=session.expire_time,
                end_time=session.end_time,
                end_reason=session.end_reason,
                client_address=session.client_address,
                user_agent=session.user_agent,
            )
        )
        await self._add_token(token)

    async def get(self, session_id: str) -> Session | None:
        """Returns the session, or None."""
        query = select(SessionRow).where(SessionRow.id == session_id)
        row = await self._session.scalar(query.execution_options(populate_existing=True))
        return None if row is None else _session_of(row)

    async def list_live(self, user_id: str, now: datetime, *, after: TimeKey | None, limit: int) -> Sequence[Session]:
        """Returns a person's live sessions, the last used one first."""
        query = select(SessionRow).where(
            SessionRow.user_id == user_id, SessionRow.end_time.is_(None), SessionRow.expire_time > now
        )
        if after is not None:
            query = query.where(tuple_(SessionRow.last_use_time, SessionRow.id) < after)
        query = query.order_by(SessionRow.last_use_time.desc(), SessionRow.id.desc()).limit(limit)
        return [_session_of(row) for row in (await self._session.scalars(query)).all()]

    async def list_ended_since(self, since: datetime) -> Sequence[str]:
        """Returns the ids of sessions that were ended at or after a time, in no order."""
        return (await self._session.scalars(select(SessionRow.id).where(SessionRow.end_time >= since))).all()

    async def get_token_for_exchange(self, token_hash: str) -> RefreshToken | None:
        """Returns the token, or None; nobody else can exchange it until the transaction ends."""
        # SQLite ignores the lock and needs none: its writing transactions come one after the other.
        return await self._token(_token_query(token_hash).with_for_update())

    async def get_token(self, token_hash: str) -> RefreshToken | None:
        """Returns the token, or None."""
        return await self._token(_token_query(token_hash))

    async def exchange(self, old: RefreshToken, new: RefreshToken) -> None:
        """Writes exchange time and nonce of `old`, adds `new`, and moves the session's last use."""
        await self._session.execute(
            update(RefreshTokenRow)
            .where(RefreshTokenRow.token_hash == old.token_hash)
            .values(exchange_time=old.exchange_time, successor_nonce=old.successor_nonce)
        )
        await self._add_token(new)
        await self._session.execute(
            update(SessionRow).where(SessionRow.id == new.session_id).values(last_use_time=new.create_time)
        )

    async def end(self, session_id: str, reason: EndReason, now: datetime) -> bool:
        """Ends a session; returns False when it had ended."""
        statement = (
            update(SessionRow)
            .where(SessionRow.id == session_id, SessionRow.end_time.is_(None))
            .values(end_time=now, end_reason=reason.value)
        )
        return await statements.changes_one(self._session, statement)

    async def end_others(self, user_id: str, keep_session_id: str | None, reason: EndReason, now: datetime) -> int:
        """Ends every live session of a person but one; returns how many."""
        statement = (
            update(SessionRow)
            .where(
                SessionRow.user_id == user_id,
                SessionRow.id != (keep_session_id or ""),
                SessionRow.end_time.is_(None),
                SessionRow.expire_time > now,
            )
            .values(end_time=now, end_reason=reason.value)
        )
        return statements.row_count(await self._session.execute(statement))

    async def _add_token(self, token: RefreshToken) -> None:
        await self._session.execute(
            insert(RefreshTokenRow).values(
                token_hash=token.token_hash,
                session_id=token.session_id,
                create_time=token.create_time,
                expire_time=token.expire_time,
                exchange_time=token.exchange_time,
                successor_nonce=token.successor_nonce,
            )
        )

    async def _token(self, query: Select[RefreshTokenRow]) -> RefreshToken | None:
        row = await self._session.scalar(query.execution_options(populate_existing=True))
        if row is None:
            return None
        return RefreshToken(
            row.token_hash, row.session_id, row.create_time, row.expire_time, row.exchange_time, row.successor_nonce
        )


def _session_of(row: SessionRow) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        create_time=row.create_time,
        last_use_time=row.last_use_time,
        expire_time=row.expire_time,
        client_address=row.client_address,
        user_agent=row.user_agent,
        end_time=row.end_time,
        end_reason=EndReason(row.end_reason) if row.end_reason else None,
    )


def _token_query(token_hash: str) -> Select[RefreshTokenRow]:
    return select(RefreshTokenRow).where(RefreshTokenRow.token_hash == token_hash)
