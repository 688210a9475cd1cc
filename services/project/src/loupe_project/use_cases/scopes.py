"""What exists for a caller now: his token's word, corrected by what auth knows of him since."""

from dataclasses import replace

import structlog

from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.errors import LoupeError
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Directory, Person

_log = structlog.get_logger("loupe.project.scopes")


class Scopes:
    """Makes scopes.

    Args:
        directory: Who people are now.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def of(self, caller: Caller) -> Scope:
        """Scope of the caller of an RPC. The caller's claims are as fresh as the interceptor that read them."""
        scope = Scope.of(caller)
        if caller.kind is CallerKind.USER and caller.role is Role.SUPERVISOR and caller.department_id:
            return replace(scope, staff_ids=await self._staff_of(caller.department_id))
        return scope

    async def again(self, scope: Scope) -> Scope:
        """The scope of somebody whose stream or operation has been running for a while.

        Whose account is disabled or gone, or whose API key was revoked, sees nothing any more. While auth does not
        answer the scope stays as it is: that must not end hours of work, and the next look comes soon.
        """
        if scope.everything or not scope.user_id:
            return scope
        try:
            person = await self._directory.person(scope.user_id)
            is_stopped = scope.is_key and await self._directory.is_revoked(scope.principal.removeprefix("apiKeys/"))
        except LoupeError as error:
            _log.warning("person_not_looked_up", reason=error.reason, message=error.message)
            return scope
        if person is None or not person.is_active or is_stopped:
            return Scope(principal=scope.principal, origin=scope.origin)
        return replace(scope, department_id=person.department_id, staff_ids=await self._staff_for(scope, person))

    async def of_person(self, user_id: str) -> Scope | None:
        """Scope of somebody who calls nothing, such as who is written to; None: his account is disabled or gone.

        Raises:
            LoupeError: If auth does not answer.
        """
        person = await self._directory.person(user_id)
        if person is None or not person.is_active:
            return None
        scope = Scope(user_id=user_id, department_id=person.department_id, principal=f"users/{user_id}")
        return replace(scope, staff_ids=await self._staff_for(scope, person))

    async def _staff_for(self, scope: Scope, person: Person) -> frozenset[str]:
        if scope.is_key or not person.is_supervisor or not person.department_id:
            return frozenset()
        return await self._staff_of(person.department_id)

    async def _staff_of(self, department_id: str) -> frozenset[str]:
        try:
            return await self._directory.staff_of(department_id)
        except LoupeError as error:
            # A supervisor sees less for a moment; everybody must be able to go on with his own projects.
            _log.warning("staff_not_looked_up", reason=error.reason, message=error.message)
            return frozenset()
