"""Fakes of the ports of auth."""

from __future__ import annotations

from datetime import datetime, timedelta

from loupe_auth.domain.audit import AuditEvent, AuditQuery, CallInfo
from loupe_auth.domain.calls import Call
from loupe_auth.domain.limits import AnyLimit
from loupe_auth.domain.mails import Mail
from loupe_auth.domain.users import User
from loupe_auth.ports import Store
from loupe_kit.caller import ANONYMOUS, Caller, CallerKind
from loupe_kit.testing import FakeClock


class QuickHasher:
    """Hashes that take no time; `work` counts them."""

    def __init__(self, generation: str = "1") -> None:
        self.generation = generation
        self.work: list[str | None] = []

    async def hash(self, password: str) -> str:
        return f"hash{self.generation}:{password}"

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.work.append(password_hash)
        return password_hash is not None and password_hash.partition(":")[2] == password

    def is_outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"hash{self.generation}:")


class NoLimits:
    """A limiter that lets everything pass and writes down what it was asked."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []

    async def take(self, limit: AnyLimit, key: str) -> timedelta | None:
        self.taken.append((limit.name, key))
        return None

    async def give_back(self, limit: AnyLimit, key: str) -> None:
        self.taken.remove((limit.name, key))

    async def forgive(self, limit: AnyLimit, key: str) -> None:
        self.taken.remove((limit.name, key))


class PlainIssuer:
    """Access tokens that say whose they are."""

    async def issue(self, user: User, session_id: str, now: datetime) -> tuple[str, datetime]:
        return f"access {user.id} {session_id}", now + timedelta(minutes=10)


class RecordingTransport:
    """A mail server that may be away for a while.

    Args:
        failures: how many deliveries fail first.
    """

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.delivered: list[Mail] = []

    async def deliver(self, mail: Mail) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no mail server there")
        self.delivered.append(mail)


def anonymous(clock: FakeClock) -> Call:
    """A call by somebody not signed in."""
    return Call(ANONYMOUS, CallInfo("203.0.113.7", "a browser", "call-0001"), clock.now())


def signed_in(clock: FakeClock, user: User, session_id: str) -> Call:
    """A call by a person."""
    caller = Caller(kind=CallerKind.USER, id=user.id, display_name=user.profile.display_name, session_id=session_id)
    return Call(caller, CallInfo(), clock.now())


async def events(store: Store, action: str = "") -> list[AuditEvent]:
    """The audit, oldest first."""
    async with store(read_only=True) as tx:
        found = await tx.audit.list_newest_first(AuditQuery(action=action), after=None, limit=100)
    return list(reversed(found))
