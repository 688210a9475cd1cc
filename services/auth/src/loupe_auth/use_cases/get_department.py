"""Finds one department."""

from __future__ import annotations

from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import DepartmentNotFound
from loupe_auth.domain.users import Department
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting


async def get_department(tx: Transaction, call: Call, department_id: str) -> Department:
    """Returns the department.

    Raises:
        DepartmentNotFound: there is none.
    """
    acting.reader(call)
    department = await tx.departments.get(department_id)
    if department is None:
        name = f"departments/{department_id}"
        raise DepartmentNotFound(f"There is no {name}; list the departments to see which there are.", name=name)
    return department
