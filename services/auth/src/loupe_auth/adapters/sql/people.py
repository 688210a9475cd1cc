"""People and departments in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from loupe_auth.adapters.sql import statements
from loupe_auth.adapters.sql.tables import DepartmentRow, MembershipRequestRow, PasswordRow, UserRow
from loupe_auth.domain.users import Department, MembershipRequest, Profile, User, UserQuery, UserState, name_key
from loupe_auth.ports import NameKey, TimeKey
from loupe_kit.caller import Role

_People = Select[*tuple[Any, ...]]


class SqlUserRepository:
    """The port UserRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, user: User, password_hash: str | None) -> bool:
        """Adds a person, without password where the hash is None; returns False when the address is taken."""
        if await self.get_by_email(user.email) is not None:
            return False
        if not await statements.insert_unless_taken(self._session, UserRow, {"id": user.id, **_user_values(user)}):
            return False
        if password_hash is not None:
            await self.set_password_hash(user.id, password_hash, user.update_time)
        return True

    async def get(self, user_id: str) -> User | None:
        """Returns the person, or None."""
        return await self._one(_people().where(UserRow.id == user_id))

    async def get_by_email(self, email: str) -> User | None:
        """Returns the person with this address (lower case), or None."""
        return await self._one(_people().where(UserRow.email == email))

    async def update(self, user: User) -> bool:
        """Writes all fields of a person read as version `user.version - 1`; returns False when somebody was faster."""
        statement = update(UserRow).where(UserRow.id == user.id, UserRow.version == user.version - 1)
        return await statements.changes_one(self._session, statement.values(_user_values(user)))

    async def list_claims_changed_since(self, since: datetime) -> Sequence[User]:
        """Returns people whose department or role changed at or after a time, in no order."""
        rows = await self._session.execute(_people().where(UserRow.claims_time >= since))
        return [_user(found) for found in rows.all()]

    async def get_password_hash(self, user_id: str) -> str | None:
        """Returns the hash of the person's password; None: has none."""
        found: str | None = await self._session.scalar(
            select(PasswordRow.password_hash).where(PasswordRow.user_id == user_id)
        )
        return found

    async def set_password_hash(self, user_id: str, password_hash: str, now: datetime) -> None:
        """Replaces the hash of the person's password."""
        values = {"password_hash": password_hash, "update_time": now}
        change = update(PasswordRow).where(PasswordRow.user_id == user_id).values(values)
        if not await statements.changes_one(self._session, change):
            await self._session.execute(insert(PasswordRow).values(user_id=user_id, **values))

    async def list_by_name(self, query: UserQuery, *, after: NameKey | None, limit: int) -> Sequence[User]:
        """Returns people ordered by name key and id, those behind `after`."""
        statement = _people().where(*_conditions(query)).order_by(UserRow.name_key, UserRow.id).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(UserRow.name_key, UserRow.id) > after)
        return [_user(found) for found in (await self._session.execute(statement)).all()]

    async def count_by_department(self, department_id: str) -> int:
        """Returns how many people belong to a department."""
        query = select(func.count()).select_from(UserRow).where(UserRow.department_id == department_id)
        return await self._session.scalar(query) or 0

    async def has_other_administrator(self, user_id: str) -> bool:
        """Whether somebody else is an active administrator; that stays so until the transaction ends."""
        query = select(UserRow.id).where(UserRow.role == Role.ADMINISTRATOR, UserRow.state == UserState.ACTIVE)
        # All of them are locked, not one: two who demote each other at once must not both succeed.
        found = (await self._session.scalars(query.order_by(UserRow.id).with_for_update())).all()
        return any(other != user_id for other in found)

    async def _one(self, query: _People) -> User | None:
        found = (await self._session.execute(query)).first()
        return None if found is None else _user(found)


class SqlMembershipRepository:
    """The port MembershipRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def request(self, request_id: str, user_id: str, department_id: str, now: datetime) -> None:
        """Adds a request in place of the person's one before."""
        await self.withdraw(user_id)
        await self._session.execute(
            insert(MembershipRequestRow).values(
                id=request_id, user_id=user_id, department_id=department_id, create_time=now
            )
        )

    async def withdraw(self, user_id: str) -> bool:
        """Removes the person's request; returns False when there is none."""
        statement = delete(MembershipRequestRow).where(MembershipRequestRow.user_id == user_id)
        return await statements.changes_one(self._session, statement)

    async def get(self, request_id: str) -> MembershipRequest | None:
        """Returns the request, or None."""
        query = _requests().where(MembershipRequestRow.id == request_id)
        found = (await self._session.execute(query)).first()
        return None if found is None else _request(found)

    async def list_oldest_first(
        self, department_id: str | None, *, after: TimeKey | None, limit: int
    ) -> Sequence[MembershipRequest]:
        """Returns the requests for a department, or all where it is None."""
        key = (MembershipRequestRow.create_time, MembershipRequestRow.id)
        query = _requests().order_by(*key).limit(limit)
        if department_id is not None:
            query = query.where(MembershipRequestRow.department_id == department_id)
        if after is not None:
            query = query.where(tuple_(*key) > after)
        return [_request(found) for found in (await self._session.execute(query)).all()]


class SqlDepartmentRepository:
    """The port DepartmentRepository over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, department: Department) -> bool:
        """Adds one; returns False, and adds nothing, when the name is taken."""
        if await self.get_by_name(department.display_name) is not None:
            return False
        values = {"id": department.id, **_department_values(department)}
        return await statements.insert_unless_taken(self._session, DepartmentRow, values)

    async def get(self, department_id: str) -> Department | None:
        """Returns the department, or None."""
        return await self._one(select(DepartmentRow).where(DepartmentRow.id == department_id))

    async def get_by_name(self, display_name: str) -> Department | None:
        """Returns the department with this name, whatever its case, or None."""
        return await self._one(select(DepartmentRow).where(DepartmentRow.name_key == name_key(display_name)))

    async def update(self, department: Department) -> bool:
        """Writes one read as version `department.version - 1`; returns False when somebody was faster."""
        statement = update(DepartmentRow).where(
            DepartmentRow.id == department.id, DepartmentRow.version == department.version - 1
        )
        return await statements.changes_one(self._session, statement.values(_department_values(department)))

    async def delete(self, department_id: str) -> bool:
        """Removes one; returns False, and removes nothing, when somebody has joined it meanwhile."""
        return await statements.changes_one(
            self._session, delete(DepartmentRow).where(DepartmentRow.id == department_id)
        )

    async def list_by_name(self, *, after: NameKey | None, limit: int) -> Sequence[Department]:
        """Returns departments ordered by name key and id, those behind `after`."""
        query = select(DepartmentRow).order_by(DepartmentRow.name_key, DepartmentRow.id).limit(limit)
        if after is not None:
            query = query.where(tuple_(DepartmentRow.name_key, DepartmentRow.id) > after)
        return [_department(row) for row in (await self._session.scalars(query)).all()]

    async def _one(self, query: Select[DepartmentRow]) -> Department | None:
        row = await self._session.scalar(query.execution_options(populate_existing=True))
        return None if row is None else _department(row)


def _people() -> _People:
    wanted = aliased(DepartmentRow)
    query = (
        select(UserRow, DepartmentRow.display_name, wanted.id, wanted.display_name)
        .outerjoin(DepartmentRow, DepartmentRow.id == UserRow.department_id)
        .outerjoin(MembershipRequestRow, MembershipRequestRow.user_id == UserRow.id)
        .outerjoin(wanted, wanted.id == MembershipRequestRow.department_id)
    )
    return query.execution_options(populate_existing=True)


def _requests() -> _People:
    return (
        _people()
        .add_columns(MembershipRequestRow.id, MembershipRequestRow.create_time)
        .where(MembershipRequestRow.id.is_not(None))
    )


def _request(found: Row[*tuple[Any, ...]]) -> MembershipRequest:
    user = _user(found[:4])
    return MembershipRequest(
        id=found[4],
        user=user,
        department_id=user.requested_department_id or "",
        department_display_name=user.requested_department_display_name,
        create_time=found[5],
    )


def _conditions(query: UserQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.display_name_contains:
        conditions.append(UserRow.name_key.contains(query.display_name_contains, autoescape=True))
    if query.email_contains:
        conditions.append(UserRow.email.contains(query.email_contains, autoescape=True))
    if query.department_id is not None:
        conditions.append(UserRow.department_id == query.department_id)
    if query.role is not None:
        conditions.append(UserRow.role == query.role)
    if query.state is not None:
        conditions.append(UserRow.state == query.state)
    return conditions


def _user(found: Sequence[Any]) -> User:
    row, department_display_name, wanted_id, wanted_display_name = found
    return User(
        id=row.id,
        email=row.email,
        profile=Profile(row.display_name, row.department_id, row.duty, row.location),
        role=Role(row.role),
        state=UserState(row.state),
        create_time=row.create_time,
        update_time=row.update_time,
        version=row.version,
        department_display_name=department_display_name or "",
        claims_time=row.claims_time,
        requested_department_id=wanted_id,
        requested_department_display_name=wanted_display_name or "",
    )


def _user_values(user: User) -> dict[str, object]:
    return {
        "email": user.email,
        "display_name": user.profile.display_name,
        "name_key": name_key(user.profile.display_name),
        "department_id": user.profile.department_id,
        "duty": user.profile.duty,
        "location": user.profile.location,
        "role": user.role.value,
        "state": user.state.value,
        "create_time": user.create_time,
        "update_time": user.update_time,
        "version": user.version,
        "claims_time": user.claims_time,
    }


def _department(row: DepartmentRow) -> Department:
    return Department(row.id, row.display_name, row.description, row.create_time, row.update_time, row.version)


def _department_values(department: Department) -> dict[str, object]:
    return {
        "display_name": department.display_name,
        "name_key": name_key(department.display_name),
        "description": department.description,
        "create_time": department.create_time,
        "update_time": department.update_time,
        "version": department.version,
    }
