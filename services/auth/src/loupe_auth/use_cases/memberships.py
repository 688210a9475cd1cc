"""Who belongs to a department: requests, and the decisions on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import MembershipRequestNotFound
from loupe_auth.domain.users import Department, MembershipRequest, User
from loupe_auth.ports import TimeKey, Transaction
from loupe_auth.use_cases import acting, recording, resources
from loupe_kit import ids
from loupe_kit.caller import Role


async def request(
    tx: Transaction, call: Call, user: User, department: Department, *, actor: User | None = None
) -> User:
    """Asks for a person to be let into a department; returns the person with the request.

    Args:
        tx: the transaction.
        call: the call that asks.
        user: the person.
        department: where he shall belong.
        actor: who asks, where the call does not name one (sign-up).
    """
    await tx.memberships.request(ids.new_id(), user.id, department.id, call.now)
    await recording.done(
        tx,
        call,
        Action.REQUEST_MEMBERSHIP,
        f"departments/{department.id}",
        actor=actor,
        user=f"users/{user.id}",
        display_name=department.display_name,
    )
    return replace(
        user, requested_department_id=department.id, requested_department_display_name=department.display_name
    )


async def list_requests(
    tx: Transaction, call: Call, department_id: str | None, *, after: TimeKey | None, limit: int
) -> Sequence[MembershipRequest]:
    """Returns requests that the caller may decide on, oldest first, those behind `after`."""
    user = await acting.person(tx, call)
    if not user.is_administrator:
        own = user.profile.department_id if user.role is Role.SUPERVISOR else None
        if own is None or department_id not in (None, own):
            return []
        department_id = own
    return await tx.memberships.list_oldest_first(department_id, after=after, limit=limit)


async def approve(tx: Transaction, call: Call, request_id: str) -> User:
    """Lets the person join; returns him.

    Raises:
        MembershipRequestNotFound: there is none that the caller may decide on.
        EtagMismatch: the person was changed at the same moment.
    """
    wanted = await _decidable(tx, call, request_id)
    moved = wanted.user.placed(wanted.department_id, wanted.department_display_name, call.now)
    return await _decided(tx, call, wanted, moved, Action.APPROVE_MEMBERSHIP)


async def decline(tx: Transaction, call: Call, request_id: str) -> User:
    """Removes the request; returns the person.

    Raises:
        MembershipRequestNotFound: there is none that the caller may decide on.
        EtagMismatch: the person was changed at the same moment.
    """
    wanted = await _decidable(tx, call, request_id)
    return await _decided(tx, call, wanted, wanted.user, Action.DECLINE_MEMBERSHIP)


async def _decidable(tx: Transaction, call: Call, request_id: str) -> MembershipRequest:
    decider = await acting.person(tx, call)
    wanted = await tx.memberships.get(request_id)
    if wanted is None or not acting.answers_for(decider, wanted.department_id):
        name = f"membershipRequests/{request_id}"
        raise MembershipRequestNotFound(
            f"There is no {name} for you to decide on; list the requests to see which there are.", name=name
        )
    return wanted


async def _decided(tx: Transaction, call: Call, wanted: MembershipRequest, person: User, action: Action) -> User:
    changed = replace(
        person,
        requested_department_id=None,
        requested_department_display_name="",
        update_time=call.now,
        version=person.version + 1,
    )
    if not (await tx.memberships.withdraw(person.id) and await tx.users.update(changed)):
        raise resources.stale(f"users/{person.id}")
    await recording.done(
        tx,
        call,
        action,
        f"departments/{wanted.department_id}",
        user=f"users/{person.id}",
        display_name=wanted.department_display_name,
    )
    return changed
