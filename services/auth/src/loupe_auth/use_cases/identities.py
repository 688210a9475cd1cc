"""Whose an account of the identity provider is here, and what its groups make of the person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from loupe_auth.domain import fields
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import OidcEmailNotVerified
from loupe_auth.domain.oidc import GroupRules, Identity
from loupe_auth.domain.users import User
from loupe_auth.domain.verifications import NO_ACCOUNT
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import create_department, recording, resources
from loupe_auth.use_cases.verify_email import new_user
from loupe_kit.caller import Role
from loupe_kit.errors import InvalidArgument


class Identities:
    """Finds people by what the provider says of them.

    Args:
        domains: mail domains of new accounts; empty: every domain.
        rules: what groups mean.
    """

    def __init__(self, domains: Collection[str], rules: GroupRules) -> None:
        self._domains = domains
        self._rules = rules

    async def person(self, tx: Transaction, call: Call, identity: Identity) -> User:
        """Returns the person, linked or created at the first time, in department and role of the groups.

        Raises:
            OidcEmailNotVerified: a first time, and the provider does not vouch for the address.
            EmailDomainNotAllowed: a new account, and its domain is not accepted.
            EtagMismatch: the person was changed at the same moment.
        """
        user_id = await tx.identities.get_user_id(identity.issuer, identity.subject)
        user = await resources.user(tx, user_id) if user_id else await self._first_time(tx, call, identity)
        return (
            user
            if identity.groups is None or not user.is_active
            else await self._placed(tx, call, user, identity.groups)
        )

    async def _first_time(self, tx: Transaction, call: Call, identity: Identity) -> User:
        if not identity.email_is_verified or not identity.email:
            # Else whoever writes somebody's address into his profile there would get that person's account here.
            raise OidcEmailNotVerified(
                "The identity provider does not vouch for your e-mail address; ask its operators to verify it."
            )
        address = fields.email("email", identity.email)
        user = await tx.users.get_by_email(address)
        if user is None:
            address = fields.email("email", address, domains=self._domains)
            pending = replace(NO_ACCOUNT, display_name=_display_name(identity, address))
            user = new_user(call, address, pending, Role.MEMBER)
            if not await tx.users.add(user, None):
                raise resources.stale(f"users of {address}")
            await recording.done(tx, call, Action.CREATE_ACCOUNT, f"users/{user.id}", actor=user, email=address)
        await tx.identities.link(identity.issuer, identity.subject, user.id, call.now)
        await recording.done(
            tx, call, Action.LINK_IDENTITY, f"users/{user.id}", actor=user, issuer=identity.issuer[:500]
        )
        return user

    async def _placed(self, tx: Transaction, call: Call, user: User, groups: frozenset[str]) -> User:
        department_id, department_name = user.profile.department_id, user.department_display_name
        wanted = self._rules.department(groups)
        if wanted is not None:
            department = await create_department.ensure_department(tx, call, wanted)
            department_id, department_name = department.id, department.display_name
        placed = user.placed(
            department_id, department_name, call.now, await self._role(tx, user, department_id, groups)
        )
        if placed is user:
            return user
        if department_id != user.profile.department_id:
            await tx.memberships.withdraw(user.id)
            placed = replace(placed, requested_department_id=None, requested_department_display_name="")
        placed = replace(placed, update_time=call.now, version=user.version + 1)
        if not await tx.users.update(placed):
            raise resources.stale(f"users/{user.id}")
        await recording.done(
            tx,
            call,
            Action.UPDATE_USER,
            f"users/{user.id}",
            actor=user,
            role=placed.role.value,
            department=department_name,
        )
        return placed

    async def _role(
        self, tx: Transaction, user: User, department_id: str | None, groups: frozenset[str]
    ) -> Role | None:
        """Returns the role that the groups give; None: they do not decide."""
        if not self._rules.decide_role:
            return None
        if groups & set(self._rules.administrators):
            return Role.ADMINISTRATOR
        if user.is_administrator and not await tx.users.has_other_administrator(user.id):
            # Nobody could repair the mapping.
            return Role.ADMINISTRATOR
        is_supervisor = bool(groups & set(self._rules.supervisors)) and department_id is not None
        return Role.SUPERVISOR if is_supervisor else Role.MEMBER


def _display_name(identity: Identity, address: str) -> str:
    try:
        return fields.line("name", identity.display_name[:100], required=True)
    except InvalidArgument:
        return address.partition("@")[0]
