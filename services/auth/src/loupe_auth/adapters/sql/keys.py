"""API keys and signing keys in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_auth.adapters.sql import statements
from loupe_auth.adapters.sql.tables import ApiKeyRow, SigningKeyRow
from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.signing_keys import SigningKey
from loupe_auth.ports import TimeKey


class SqlApiKeyRepository:
    """The port ApiKeyRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, key: ApiKey) -> None:
        """Adds a key."""
        await self._session.execute(
            insert(ApiKeyRow).values(
                id=key.id,
                owner_id=key.owner_id,
                display_name=key.display_name,
                secret_hash=key.secret_hash,
                scopes=" ".join(key.scopes),
                project_ids=" ".join(key.project_ids),
                create_time=key.create_time,
                expire_time=key.expire_time,
                last_use_time=key.last_use_time,
                revoke_time=key.revoke_time,
                previous_secret_hash=key.previous_secret_hash,
                previous_expire_time=key.previous_expire_time,
            )
        )

    async def get(self, key_id: str) -> ApiKey | None:
        """Returns the key, or None."""
        query = select(ApiKeyRow).where(ApiKeyRow.id == key_id)
        row = await self._session.scalar(query.execution_options(populate_existing=True))
        return None if row is None else _api_key(row)

    async def count_live(self, owner_id: str, now: datetime) -> int:
        """Returns how many working keys a person has."""
        query = (
            select(func.count())
            .select_from(ApiKeyRow)
            .where(ApiKeyRow.owner_id == owner_id, ApiKeyRow.revoke_time.is_(None), ApiKeyRow.expire_time > now)
        )
        return await self._session.scalar(query) or 0

    async def list_by_owner(self, owner_id: str, *, after: TimeKey | None, limit: int) -> Sequence[ApiKey]:
        """Returns a person's keys, newest first."""
        query = select(ApiKeyRow).where(ApiKeyRow.owner_id == owner_id)
        if after is not None:
            query = query.where(tuple_(ApiKeyRow.create_time, ApiKeyRow.id) < after)
        query = query.order_by(ApiKeyRow.create_time.desc(), ApiKeyRow.id.desc()).limit(limit)
        return [_api_key(row) for row in (await self._session.scalars(query)).all()]

    async def rotate(self, before: ApiKey, after: ApiKey) -> bool:
        """Writes secrets and expiries of `after`; returns False when `before` has another secret by now."""
        statement = (
            update(ApiKeyRow)
            .where(ApiKeyRow.id == before.id, ApiKeyRow.secret_hash == before.secret_hash)
            .values(
                secret_hash=after.secret_hash,
                expire_time=after.expire_time,
                previous_secret_hash=after.previous_secret_hash,
                previous_expire_time=after.previous_expire_time,
            )
        )
        return await statements.changes_one(self._session, statement)

    async def revoke(self, key_id: str, now: datetime) -> None:
        """Sets the revoke time where it is unset."""
        statement = update(ApiKeyRow).where(ApiKeyRow.id == key_id, ApiKeyRow.revoke_time.is_(None))
        await self._session.execute(statement.values(revoke_time=now))

    async def touch(self, key_id: str, now: datetime) -> None:
        """Sets the time of last use."""
        await self._session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(last_use_time=now))


class SqlSigningKeyRepository:
    """The port SigningKeyRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, key: SigningKey) -> None:
        """Adds a key."""
        await self._session.execute(
            insert(SigningKeyRow).values(
                id=key.id, private_key=key.private_key, public_key=key.public_key, create_time=key.create_time
            )
        )

    async def list_created_since(self, since: datetime) -> Sequence[SigningKey]:
        """Returns the keys made at or after a time, newest first."""
        query = (
            select(SigningKeyRow)
            .where(SigningKeyRow.create_time >= since)
            .order_by(SigningKeyRow.create_time.desc(), SigningKeyRow.id)
        )
        rows = (await self._session.scalars(query)).all()
        return [SigningKey(row.id, row.private_key, row.public_key, row.create_time) for row in rows]

    async def replace_private_key(self, key_id: str, private_key: str) -> None:
        """Writes another form of a private key."""
        statement = update(SigningKeyRow).where(SigningKeyRow.id == key_id)
        await self._session.execute(statement.values(private_key=private_key))

    async def delete_all(self) -> None:
        """Removes every key."""
        await self._session.execute(delete(SigningKeyRow))


def _api_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        owner_id=row.owner_id,
        display_name=row.display_name,
        secret_hash=row.secret_hash,
        scopes=tuple(row.scopes.split()),
        project_ids=tuple(row.project_ids.split()),
        create_time=row.create_time,
        expire_time=row.expire_time,
        last_use_time=row.last_use_time,
        revoke_time=row.revoke_time,
        previous_secret_hash=row.previous_secret_hash,
        previous_expire_time=row.previous_expire_time,
    )
