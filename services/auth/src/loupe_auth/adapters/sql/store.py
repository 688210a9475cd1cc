"""The transaction: one unit of work with all repositories."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_auth.adapters.sql.audit import SqlAuditRepository
from loupe_auth.adapters.sql.devices import SqlDeviceRepository
from loupe_auth.adapters.sql.identities import SqlIdentityRepository
from loupe_auth.adapters.sql.keys import SqlApiKeyRepository, SqlSigningKeyRepository
from loupe_auth.adapters.sql.people import SqlDepartmentRepository, SqlMembershipRepository, SqlUserRepository
from loupe_auth.adapters.sql.sessions import SqlSessionRepository
from loupe_auth.adapters.sql.tables import KnownDeviceRow, OidcFlowRow, SessionRow, VerificationRow
from loupe_auth.adapters.sql.verifications import SqlVerificationRepository
from loupe_kit.sql import UnitOfWork, forget_requests

# Long enough to answer a late call with the right reason.
_KEEP_VERIFICATIONS = timedelta(days=1)
_KEEP_SESSIONS = timedelta(days=30)
_KEEP_DEVICES = timedelta(days=365)
_KEEP_ANSWERS = timedelta(days=1)


class AuthUnitOfWork(UnitOfWork):
    """The port Transaction over one session of SQLAlchemy."""

    def __init__(self, engine: AsyncEngine, *, read_only: bool = False) -> None:
        super().__init__(engine, read_only=read_only)
        self.users = SqlUserRepository(self.session)
        self.departments = SqlDepartmentRepository(self.session)
        self.memberships = SqlMembershipRepository(self.session)
        self.verifications = SqlVerificationRepository(self.session)
        self.sessions = SqlSessionRepository(self.session)
        self.devices = SqlDeviceRepository(self.session)
        self.identities = SqlIdentityRepository(self.session)
        self.api_keys = SqlApiKeyRepository(self.session)
        self.signing_keys = SqlSigningKeyRepository(self.session)
        self.audit = SqlAuditRepository(self.session)

    async def purge(self, now: datetime) -> None:
        """Removes verifications, sessions, devices and kept answers that ran out long ago."""
        await self.session.execute(
            delete(VerificationRow).where(VerificationRow.expire_time < now - _KEEP_VERIFICATIONS)
        )
        await self.session.execute(delete(SessionRow).where(SessionRow.expire_time < now - _KEEP_SESSIONS))
        await self.session.execute(delete(KnownDeviceRow).where(KnownDeviceRow.last_use_time < now - _KEEP_DEVICES))
        await self.session.execute(delete(OidcFlowRow).where(OidcFlowRow.expire_time < now))
        await forget_requests(self.session, now - _KEEP_ANSWERS)
