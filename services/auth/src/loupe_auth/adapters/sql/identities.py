"""Accounts of the identity provider in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_auth.adapters.sql import statements
from loupe_auth.adapters.sql.tables import IdentityRow, OidcFlowRow


class SqlIdentityRepository:
    """The port IdentityRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get_user_id(self, issuer: str, subject: str) -> str | None:
        """Returns whose the account is here, or None."""
        query = select(IdentityRow.user_id).where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
        found: str | None = await self._session.scalar(query)
        return found

    async def link(self, issuer: str, subject: str, user_id: str, now: datetime) -> bool:
        """Says whose the account is; returns False when that was said before."""
        values = {"issuer": issuer, "subject": subject, "user_id": user_id, "create_time": now}
        return await statements.insert_unless_taken(self._session, IdentityRow, values)

    async def add_flow(self, flow_hash: str, expire_time: datetime) -> None:
        """Adds a sign-in under way."""
        await self._session.execute(insert(OidcFlowRow).values(flow_hash=flow_hash, expire_time=expire_time))

    async def consume_flow(self, flow_hash: str, now: datetime) -> bool:
        """Marks it as used; returns False when it is unknown, used or over."""
        statement = (
            update(OidcFlowRow)
            .where(
                OidcFlowRow.flow_hash == flow_hash, OidcFlowRow.consume_time.is_(None), OidcFlowRow.expire_time > now
            )
            .values(consume_time=now)
        )
        return await statements.changes_one(self._session, statement)
