"""Changes another person's account."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loupe_auth.domain import fields
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import AdministratorRequired, LastAdministrator
from loupe_auth.domain.sessions import EndReason
from loupe_auth.domain.users import User, UserState
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, memberships, recording, resources, update_me
from loupe_auth.use_cases.update_me import ProfileChange
from loupe_kit.caller import Role

UPDATABLE = ("display_name", "department", "duty", "location", "role")


@dataclass(frozen=True)
class UserChange:
    """New values; only those named in `profile.paths` count."""

    user_id: str
    profile: ProfileChange
    role: Role | None
    """None: not given."""


async def update_user(tx: Transaction, call: Call, change: UserChange) -> User:
    """Returns the person after the change.

    Raises:
        AdministratorRequired: the caller is none, nor the supervisor who moves one of his people.
        UserNotFound: no such person.
        DepartmentNotFound: no such department.
        InvalidArgument: a field breaks its rule.
        LastAdministrator: nobody else would be one.
        EtagMismatch: somebody was faster.
    """
    caller = await acting.person(tx, call)
    before = await _changeable(tx, caller, change)
    wanted = change.profile
    if wanted.expected_version not in (None, before.version):
        raise resources.stale(f"users/{before.id}")
    after = await _moved(tx, call, caller, before, change)
    if before.is_administrator and not after.is_administrator:
        await _keep_an_administrator(tx, before)
    after = replace(
        after,
        profile=update_me.merged(after.profile, wanted),
        update_time=call.now,
        version=before.version + 1,
    )
    if not await tx.users.update(after):
        raise resources.stale(f"users/{before.id}")
    await recording.done(
        tx,
        call,
        Action.UPDATE_USER,
        f"users/{after.id}",
        paths=",".join(sorted(wanted.paths)),
        role=after.role.value,
        department=f"departments/{after.profile.department_id}" if after.profile.department_id else "",
    )
    return after


async def disable_user(tx: Transaction, call: Call, user_id: str) -> User:
    """Closes an account and ends its sessions; returns the person.

    Raises:
        AdministratorRequired: the caller is none.
        UserNotFound: no such person.
        LastAdministrator: nobody else would be one.
    """
    await acting.administrator(tx, call)
    user = await resources.user(tx, user_id)
    if not user.is_active:
        return user
    if user.is_administrator:
        await _keep_an_administrator(tx, user)
    disabled = await _in_state(tx, call, user, UserState.DISABLED)
    ended = await tx.sessions.end_others(user.id, None, EndReason.ACCOUNT_DISABLED, call.now)
    await recording.done(tx, call, Action.DISABLE_USER, f"users/{user.id}", ended_sessions=str(ended))
    return disabled


async def enable_user(tx: Transaction, call: Call, user_id: str) -> User:
    """Opens a disabled account again; returns the person.

    Raises:
        AdministratorRequired: the caller is none.
        UserNotFound: no such person.
    """
    await acting.administrator(tx, call)
    user = await resources.user(tx, user_id)
    if user.is_active:
        return user
    enabled = await _in_state(tx, call, user, UserState.ACTIVE)
    await recording.done(tx, call, Action.ENABLE_USER, f"users/{user.id}")
    return enabled


async def _changeable(tx: Transaction, caller: User, change: UserChange) -> User:
    """Returns the person if the caller may make this change."""
    user = await tx.users.get(change.user_id)
    if caller.is_administrator:
        return user or await resources.user(tx, change.user_id)
    is_own = user is not None and caller.role is Role.SUPERVISOR and _belongs_to(user, caller.profile.department_id)
    if user is None or not is_own or set(change.profile.paths) != {"department"}:
        raise AdministratorRequired(
            "Only administrators may change accounts; a supervisor may move people of the department, nothing else."
        )
    return user


def _belongs_to(user: User, department_id: str | None) -> bool:
    return department_id is not None and user.profile.department_id == department_id and not user.is_administrator


async def _moved(tx: Transaction, call: Call, caller: User, user: User, change: UserChange) -> User:
    """Returns the person in department and role of the change."""
    paths = change.profile.paths
    role = change.role if "role" in paths else None
    if "role" in paths and role is None:
        raise fields.invalid("user.role", "must be MEMBER, SUPERVISOR or ADMINISTRATOR")
    department_id = change.profile.profile.department_id if "department" in paths else user.profile.department_id
    name = (await resources.department(tx, department_id)).display_name if department_id else ""
    if "department" in paths:
        await tx.memberships.withdraw(user.id)
        user = replace(user, requested_department_id=None, requested_department_display_name="")
        if department_id is not None and not acting.answers_for(caller, department_id):
            # Sent by one supervisor, to be accepted by the other.
            department = await resources.department(tx, department_id)
            return (await memberships.request(tx, call, user, department)).placed(None, "", call.now)
    placed = user.placed(department_id, name, call.now, role)
    if placed.role is Role.SUPERVISOR and placed.profile.department_id is None:
        raise fields.invalid("user.role", "cannot be SUPERVISOR without a department; set `department` as well")
    return placed


async def _keep_an_administrator(tx: Transaction, user: User) -> None:
    if user.is_active and not await tx.users.has_other_administrator(user.id):
        name = f"users/{user.id}"
        raise LastAdministrator("Nobody else is an active administrator; make another one first.", name=name)


async def _in_state(tx: Transaction, call: Call, user: User, state: UserState) -> User:
    changed = replace(user, state=state, update_time=call.now, version=user.version + 1)
    if not await tx.users.update(changed):
        raise resources.stale(f"users/{user.id}")
    return changed
