"""Looks people up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loupe_auth.domain import fields
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import AdministratorRequired
from loupe_auth.domain.users import User, UserQuery, UserState, name_key
from loupe_auth.ports import NameKey, Transaction
from loupe_auth.use_cases import acting, resources


@dataclass(frozen=True)
class FoundUsers:
    """People, and whether the caller may see their private fields."""

    users: Sequence[User]
    show_private: bool


async def get_user(tx: Transaction, call: Call, user_id: str) -> FoundUsers:
    """Returns one person.

    Raises:
        UserNotFound: no such person, or a disabled one and the caller is no administrator.
    """
    acting.reader(call)
    user = await tx.users.get(user_id)
    show_private = await acting.sees_private_fields(tx, call)
    if user is None or not (user.is_active or show_private):
        raise resources.no_user(user_id)
    return FoundUsers([user], show_private)


async def list_users(
    tx: Transaction, call: Call, wanted: UserQuery, *, after: NameKey | None, limit: int
) -> FoundUsers:
    """Returns at most `limit` people ordered by name, those behind `after`.

    Raises:
        AdministratorRequired: it asks for addresses or disabled accounts.
    """
    acting.reader(call)
    show_private = await acting.sees_private_fields(tx, call)
    if not show_private:
        if wanted.email_contains or wanted.state is UserState.DISABLED:
            raise AdministratorRequired("Only administrators may look for addresses and disabled accounts.")
        wanted = replace(wanted, state=UserState.ACTIVE)
    query = replace(
        wanted,
        display_name_contains=name_key(fields.line("display_name_contains", wanted.display_name_contains)),
        email_contains=fields.line("email_contains", wanted.email_contains).lower(),
    )
    return FoundUsers(await tx.users.list_by_name(query, after=after, limit=limit), show_private)
