"""Known devices in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_auth.adapters.sql.tables import KnownDeviceRow
from loupe_auth.domain.devices import KnownDevice


class SqlDeviceRepository:
    """The port DeviceRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, device: KnownDevice, *, keep: int) -> None:
        """Adds one and removes the person's least used ones beyond `keep`."""
        await self._session.execute(
            insert(KnownDeviceRow).values(
                token_hash=device.token_hash,
                user_id=device.user_id,
                create_time=device.create_time,
                last_use_time=device.last_use_time,
            )
        )
        query = (
            select(KnownDeviceRow.token_hash)
            .where(KnownDeviceRow.user_id == device.user_id)
            .order_by(KnownDeviceRow.last_use_time.desc(), KnownDeviceRow.token_hash)
            .offset(keep)
            .limit(1000)
        )
        surplus = (await self._session.scalars(query)).all()
        if surplus:
            await self._session.execute(delete(KnownDeviceRow).where(KnownDeviceRow.token_hash.in_(surplus)))

    async def get(self, token_hash: str) -> KnownDevice | None:
        """Returns it, or None."""
        row = await self._session.scalar(select(KnownDeviceRow).where(KnownDeviceRow.token_hash == token_hash))
        return None if row is None else KnownDevice(row.token_hash, row.user_id, row.create_time, row.last_use_time)

    async def touch(self, token_hash: str, now: datetime) -> None:
        """Sets the time of last use."""
        statement = update(KnownDeviceRow).where(KnownDeviceRow.token_hash == token_hash)
        await self._session.execute(statement.values(last_use_time=now))

    async def forget_all(self, user_id: str) -> None:
        """Removes every device of a person."""
        await self._session.execute(delete(KnownDeviceRow).where(KnownDeviceRow.user_id == user_id))
