"""Changes one's own profile."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from loupe_auth.domain import fields
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.users import Profile, User
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, memberships, recording, resources

UPDATABLE = ("display_name", "department", "duty", "location")


@dataclass(frozen=True)
class ProfileChange:
    """New values; only those named in `paths` count."""

    profile: Profile
    paths: Collection[str]
    """Some of UPDATABLE."""
    expected_version: int | None
    """Version that the caller saw; None: any."""


async def update_me(tx: Transaction, call: Call, change: ProfileChange) -> User:
    """Returns the person after the change.

    Raises:
        InvalidArgument: a field breaks its rule.
        DepartmentNotFound: no such department.
        EtagMismatch: somebody was faster.
    """
    user = await acting.person(tx, call)
    if change.expected_version not in (None, user.version):
        raise resources.stale(f"users/{user.id}")
    moved = await _moved(tx, call, user, change.profile.department_id) if "department" in change.paths else user
    changed = replace(moved, profile=merged(moved.profile, change), update_time=call.now, version=user.version + 1)
    if not await tx.users.update(changed):
        raise resources.stale(f"users/{user.id}")
    await recording.done(tx, call, Action.UPDATE_ACCOUNT, f"users/{user.id}", paths=",".join(sorted(change.paths)))
    return changed


async def _moved(tx: Transaction, call: Call, user: User, department_id: str | None) -> User:
    """Returns the person after he left a department, asked for another one, or took that back."""
    if department_id is None or department_id == user.profile.department_id or user.is_administrator:
        await tx.memberships.withdraw(user.id)
        user = replace(user, requested_department_id=None, requested_department_display_name="")
        name = (await resources.department(tx, department_id)).display_name if department_id else ""
        return user.placed(department_id, name, call.now)
    department = await resources.department(tx, department_id)
    return await memberships.request(tx, call, user, department)


def merged(old: Profile, change: ProfileChange) -> Profile:
    """Returns the profile with the texts of the change; the department stays as it is."""
    new = change.profile
    taken = change.paths
    return Profile(
        display_name=fields.line("user.display_name", new.display_name, required=True)
        if "display_name" in taken
        else old.display_name,
        department_id=old.department_id,
        duty=fields.line("user.duty", new.duty) if "duty" in taken else old.duty,
        location=fields.line("user.location", new.location) if "location" in taken else old.location,
    )
