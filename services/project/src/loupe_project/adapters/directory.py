"""People and departments, asked of auth and remembered for a moment."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

import grpc

from loupe.auth.v1 import (
    api_key_service_pb2,
    api_key_service_pb2_grpc,
    department_service_pb2,
    department_service_pb2_grpc,
    user_pb2,
    user_service_pb2,
    user_service_pb2_grpc,
)
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.status import from_rpc_error
from loupe_project.domain.image_access import Principal
from loupe_project.domain.project import PrincipalKind
from loupe_project.ports.access import Person

T = TypeVar("T")

KEPT = timedelta(seconds=2)
"""With the pause between two looks of a stream, a right that ends is gone well within the five seconds promised."""
_TIMEOUT_SECONDS = 2.0
_PAGE = 1000
_CAPACITY = 10_000
_ABSENT = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


class AuthDirectory:
    """See `ports.access.Directory`.

    Args:
        channel: To auth, with a service token.
        clock: Measures the age of answers.
    """

    def __init__(self, channel: grpc.aio.Channel, clock: Clock | None = None) -> None:
        self._users = user_service_pb2_grpc.UserServiceStub(channel)
        self._departments = department_service_pb2_grpc.DepartmentServiceStub(channel)
        self._people: _Memory[Person | None] = _Memory(clock or SystemClock())
        self._keys = api_key_service_pb2_grpc.ApiKeyServiceStub(channel)
        self._revoked: _Memory[bool] = _Memory(clock or SystemClock())
        self._staff: _Memory[frozenset[str]] = _Memory(clock or SystemClock())

    async def person(self, user_id: str) -> Person | None:
        """See the port."""
        return await self._people.get(user_id, self._ask_person)

    async def staff_of(self, department_id: str) -> frozenset[str]:
        """See the port."""
        return await self._staff.get(department_id, self._ask_staff)

    async def is_revoked(self, key_id: str) -> bool:
        """See the port."""
        return await self._revoked.get(key_id, self._ask_key)

    async def exists(self, principal: Principal) -> bool:
        """See the port."""
        if principal.kind is PrincipalKind.USER:
            person = await self.person(principal.id)
            return person is not None and person.is_active
        request = department_service_pb2.GetDepartmentRequest(name=f"departments/{principal.id}")
        try:
            await self._departments.GetDepartment(request, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() in _ABSENT:
                return False
            raise from_rpc_error(error) from error
        return True

    async def _ask_person(self, user_id: str) -> Person | None:
        request = user_service_pb2.GetUserRequest(name=f"users/{user_id}")
        try:
            user: user_pb2.User = await self._users.GetUser(request, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() in _ABSENT:
                return None
            raise from_rpc_error(error) from error
        return Person(
            department_id=user.department.rpartition("/")[2] or None,
            is_supervisor=user.role == user_pb2.ROLE_SUPERVISOR,
            is_active=user.state == user_pb2.User.STATE_ACTIVE,
        )

    async def _ask_key(self, key_id: str) -> bool:
        request = api_key_service_pb2.GetApiKeyRequest(name=f"apiKeys/{key_id}")
        try:
            key: api_key_service_pb2.ApiKey = await self._keys.GetApiKey(request, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() in _ABSENT:
                return True
            raise from_rpc_error(error) from error
        return key.state == api_key_service_pb2.ApiKey.STATE_REVOKED

    async def _ask_staff(self, department_id: str) -> frozenset[str]:
        request = user_service_pb2.ListUsersRequest(department=f"departments/{department_id}", page_size=_PAGE)
        found: set[str] = set()
        try:
            while True:
                page = await self._users.ListUsers(request, timeout=_TIMEOUT_SECONDS)
                found.update(user.name.rpartition("/")[2] for user in page.users)
                if not page.next_page_token:
                    return frozenset(found)
                request.page_token = page.next_page_token
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error


class _Memory(Generic[T]):
    """Answers by key, for as long as they count; the oldest go when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}

    async def get(self, key: str, ask: Callable[[str], Awaitable[T]]) -> T:
        """What is remembered, or the answer of `ask`."""
        known = self._answers.get(key)
        now = self._clock.monotonic()
        if known is not None and now - known[0] < KEPT.total_seconds():
            return known[1]
        answer = await ask(key)
        self._answers.pop(key, None)
        self._answers[key] = (now, answer)
        while len(self._answers) > _CAPACITY:
            del self._answers[next(iter(self._answers))]
        return answer
