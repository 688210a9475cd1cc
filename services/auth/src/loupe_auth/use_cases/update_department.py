"""Renames or describes a department."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from loupe_auth.domain import fields
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.users import Department
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, create_department, recording, resources
from loupe_auth.use_cases.get_department import get_department

UPDATABLE = ("display_name", "description")


@dataclass(frozen=True)
class DepartmentChange:
    """New values; only those named in `paths` count."""

    department_id: str
    display_name: str
    description: str
    paths: Collection[str]
    """Some of UPDATABLE."""
    expected_version: int | None
    """Version that the caller saw; None: any."""


async def update_department(tx: Transaction, call: Call, change: DepartmentChange) -> Department:
    """Returns the department after the change.

    Raises:
        AdministratorRequired: the caller is none.
        DepartmentNotFound: there is none.
        DepartmentNameTaken: another one has the new name.
        EtagMismatch: somebody was faster.
    """
    await acting.administrator(tx, call)
    before = await get_department(tx, call, change.department_id)
    name = f"departments/{before.id}"
    if change.expected_version not in (None, before.version):
        raise resources.stale(name)
    after = replace(before, update_time=call.now, version=before.version + 1)
    if "display_name" in change.paths:
        text = fields.line("department.display_name", change.display_name, required=True)
        after = replace(after, display_name=text)
    if "description" in change.paths:
        text = fields.line("department.description", change.description, maximum=1000)
        after = replace(after, description=text)
    holder = await tx.departments.get_by_name(after.display_name)
    if holder is not None and holder.id != after.id:
        raise create_department.name_taken(after.display_name)
    if not await tx.departments.update(after):
        raise resources.stale(name)
    await recording.done(tx, call, Action.UPDATE_DEPARTMENT, name, paths=",".join(sorted(change.paths)))
    return after
