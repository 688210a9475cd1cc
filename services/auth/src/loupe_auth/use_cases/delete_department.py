"""Removes an empty department."""

from __future__ import annotations

from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import DepartmentNotEmpty
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, recording, resources
from loupe_auth.use_cases.get_department import get_department


async def delete_department(tx: Transaction, call: Call, department_id: str, expected_version: int | None) -> None:
    """Removes it.

    Raises:
        AdministratorRequired: the caller is none.
        DepartmentNotFound: there is none.
        DepartmentNotEmpty: people belong to it.
        EtagMismatch: it was changed since the caller saw it.
    """
    await acting.administrator(tx, call)
    department = await get_department(tx, call, department_id)
    name = f"departments/{department.id}"
    if expected_version not in (None, department.version):
        raise resources.stale(name)
    count = await tx.users.count_by_department(department.id)
    if count or not await tx.departments.delete(department.id):
        raise DepartmentNotEmpty(
            f"{count} people belong to {department.display_name!r}; move them to another department first.",
            name=name,
            user_count=str(count),
        )
    await recording.done(tx, call, Action.DELETE_DEPARTMENT, name, display_name=department.display_name)
