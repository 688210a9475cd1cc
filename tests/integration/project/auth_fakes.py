"""What the project service asks auth and tells it, without auth."""

from collections.abc import Sequence

from loupe_kit.audit.event import AuditEvent
from loupe_kit.caller import Caller
from loupe_kit.errors import Unauthenticated
from loupe_project.domain.image_access import Principal
from loupe_project.ports.access import Person


class FakeKeys:
    """API keys by their text."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}

    def text_of(self, caller: Caller) -> str:
        """What somebody sends who calls by this key."""
        text = f"lp_{caller.key_id}_secret"
        self.callers[text] = caller
        return text

    def revoke(self, caller: Caller) -> None:
        del self.callers[f"lp_{caller.key_id}_secret"]

    async def resolve(self, api_key: str) -> Caller:
        if api_key not in self.callers:
            raise Unauthenticated("revoked")
        return self.callers[api_key]


class FakeDirectory:
    """Knows everybody unless told otherwise."""

    def __init__(self) -> None:
        self.people: dict[str, Person | None] = {}
        self.revoked_keys: set[str] = set()

    async def person(self, user_id: str) -> Person | None:
        return self.people.get(user_id, Person(None, is_supervisor=False, is_active=True))

    async def staff_of(self, department_id: str) -> frozenset[str]:
        return frozenset(key for key, one in self.people.items() if one and one.department_id == department_id)

    async def is_revoked(self, key_id: str) -> bool:
        return key_id in self.revoked_keys

    async def exists(self, principal: Principal) -> bool:
        person = await self.person(principal.id)
        return person is not None and person.is_active


class FakeAuditLog:
    """Keeps events once each, as auth does."""

    def __init__(self) -> None:
        self.events: dict[str, AuditEvent] = {}

    async def record(self, events: Sequence[AuditEvent]) -> None:
        for event in events:
            self.events.setdefault(event.id, event)

    def told(self, action: str) -> list[AuditEvent]:
        return [one for one in self.events.values() if one.action == action]
