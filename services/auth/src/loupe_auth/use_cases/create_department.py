"""Adds a department."""

from __future__ import annotations

from loupe_auth.domain import fields
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import DepartmentNameTaken
from loupe_auth.domain.users import Department
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, recording
from loupe_kit import ids


async def create_department(tx: Transaction, call: Call, display_name: str, description: str) -> Department:
    """Returns the new department.

    Raises:
        AdministratorRequired: the caller is none.
        DepartmentNameTaken: another one has this name.
    """
    await acting.administrator(tx, call)
    department = Department(
        id=ids.new_id(),
        display_name=fields.line("department.display_name", display_name, required=True),
        description=fields.line("department.description", description, maximum=1000),
        create_time=call.now,
        update_time=call.now,
        version=1,
    )
    if not await tx.departments.add(department):
        raise name_taken(department.display_name)
    await recording.done(
        tx, call, Action.CREATE_DEPARTMENT, f"departments/{department.id}", display_name=department.display_name
    )
    return department


async def ensure_department(tx: Transaction, call: Call, display_name: str) -> Department:
    """Returns the department with this name, made where there is none."""
    known = await tx.departments.get_by_name(display_name)
    if known is not None:
        return known
    department = Department(ids.new_id(), display_name, "", call.now, call.now, 1)
    if not await tx.departments.add(department):
        # Somebody was faster; in this transaction his may be out of sight.
        raise name_taken(display_name)
    await recording.done(
        tx, call, Action.CREATE_DEPARTMENT, f"departments/{department.id}", display_name=department.display_name
    )
    return department


def name_taken(display_name: str) -> DepartmentNameTaken:
    """Returns the error of a name that another department has."""
    return DepartmentNameTaken(
        f"There is a department {display_name!r} already; choose another name.", display_name=display_name
    )
