"""Who acts: the person behind a call as the store knows him now, not as his token said minutes ago."""

from __future__ import annotations

from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import AdministratorRequired, SessionEnded
from loupe_auth.domain.users import User
from loupe_auth.ports import Transaction
from loupe_kit.caller import CallerKind, Role
from loupe_kit.errors import PermissionDenied, Unauthenticated


async def person(tx: Transaction, call: Call) -> User:
    """Returns the signed-in person.

    Raises:
        Unauthenticated: nobody calls.
        PermissionDenied: an API key or a service calls.
        SessionEnded: the session has ended or the account was disabled.
    """
    if not call.caller.is_authenticated:
        raise Unauthenticated("This call needs a signed-in person. Sign in first.")
    if call.caller.kind is not CallerKind.USER or call.caller.session_id is None:
        raise PermissionDenied("Only people may make this call, not API keys. Sign in as a person.")
    session = await tx.sessions.get(call.caller.session_id)
    user = await tx.users.get(call.caller.id)
    if session is None or not session.is_live(call.now) or user is None or not user.is_active:
        raise SessionEnded("This session has ended; sign in again.")
    return user


async def administrator(tx: Transaction, call: Call) -> User:
    """Returns the signed-in administrator.

    Raises:
        AdministratorRequired: the person is none; besides what `person` raises.
    """
    user = await person(tx, call)
    if not user.is_administrator:
        raise AdministratorRequired("Only administrators may do this; ask one of them.")
    return user


def answers_for(user: User, department_id: str) -> bool:
    """Whether the person decides who belongs to a department: administrators, and its supervisor."""
    is_supervisor = user.role is Role.SUPERVISOR and user.profile.department_id == department_id
    return user.is_administrator or is_supervisor


def reader(call: Call) -> None:
    """Lets people and services pass, and API keys that may read.

    Raises:
        PermissionDenied: the key has not the scope `read`.
    """
    if call.caller.kind is CallerKind.API_KEY and "read" not in call.caller.scopes:
        raise PermissionDenied("This API key has not the scope 'read'; make one that has.", scope="read")


async def sees_private_fields(tx: Transaction, call: Call) -> bool:
    """Whether addresses and disabled accounts are shown to the caller: to administrators and services."""
    if call.caller.kind is CallerKind.SERVICE:
        return True
    if call.caller.kind is not CallerKind.USER:
        return False
    user = await tx.users.get(call.caller.id)
    return user is not None and user.is_active and user.is_administrator
