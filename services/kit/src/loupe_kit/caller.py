"""Who makes the current call. The caller interceptor sets it; use cases receive it as an argument."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum, StrEnum

from loupe_kit.errors import PermissionDenied, Unauthenticated


class CallerKind(Enum):
    """What sort of party calls."""

    ANONYMOUS = "ANONYMOUS"
    USER = "USER"
    API_KEY = "API_KEY"
    SERVICE = "SERVICE"


class Role(StrEnum):
    """Rank of a person, rising. The values are those of the `role` claim."""

    MEMBER = "MEMBER"
    SUPERVISOR = "SUPERVISOR"
    ADMINISTRATOR = "ADMINISTRATOR"

    def at_least(self, other: "Role") -> bool:
        """Whether this role includes the rights of `other`."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Caller:
    """A party that makes a call, as its token says."""

    kind: CallerKind
    id: str = ""
    """User id for USER and API_KEY (the key's owner), service name for SERVICE, empty for ANONYMOUS."""
    display_name: str = ""
    department_id: str | None = None
    role: Role = Role.MEMBER
    scopes: frozenset[str] = frozenset()
    """What an API key may do; empty for other kinds, which are not limited by scopes."""
    session_id: str | None = None
    """Session of a USER."""
    key_projects: frozenset[str] | None = None
    """Project ids that an API key is limited to; None means not limited."""
    key_id: str | None = None
    """Id of the key for API_KEY."""

    @property
    def is_authenticated(self) -> bool:
        """Whether anything at all is known about the caller."""
        return self.kind is not CallerKind.ANONYMOUS

    def require_user(self) -> "Caller":
        """This caller, if it is a person or a key that acts for one.

        Raises:
            Unauthenticated: For anonymous callers and for services.
        """
        if self.kind not in (CallerKind.USER, CallerKind.API_KEY):
            raise Unauthenticated(
                "This call needs a person: sign in, or send an API key as 'authorization: Bearer lp_…'."
            )
        return self

    def require_scope(self, scope: str) -> "Caller":
        """This caller, unless it is an API key that lacks `scope`.

        Raises:
            PermissionDenied: For such a key.
        """
        if self.kind is CallerKind.API_KEY and scope not in self.scopes:
            raise PermissionDenied(f"This API key lacks the scope {scope!r}; make a key that has it.", scope=scope)
        return self


ANONYMOUS = Caller(kind=CallerKind.ANONYMOUS)

_current: ContextVar[Caller] = ContextVar("loupe_caller", default=ANONYMOUS)


def current_caller() -> Caller:
    """The caller of the RPC that is being served; ANONYMOUS outside of one."""
    return _current.get()


def set_current_caller(caller: Caller) -> None:
    """Set the caller for the rest of the current task."""
    _current.set(caller)


@contextmanager
def acting_as(caller: Caller) -> Iterator[None]:
    """Run a block as `caller`; for background work and tests."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)
