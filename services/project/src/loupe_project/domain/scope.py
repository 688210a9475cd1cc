"""What a caller may see and do. Every repository method takes a scope; SQL conditions are built from it."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Self

from loupe_kit.audit.event import EventOrigin
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.errors import PermissionDenied


class Right(StrEnum):
    """What an API key may be allowed; people are not limited. The values are the scopes of the auth service."""

    READ = "read"
    UPLOAD = "upload"
    EDIT = "edit"
    ANALYSE = "analyse"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the world that exists for a caller."""

    user_id: str = ""
    department_id: str | None = None
    principal: str = ""
    """Who acts, as resource name: `users/…`, `apiKeys/…`."""
    key_projects: frozenset[str] | None = None
    """Ids of the only projects that exist for it; None: not limited."""
    rights: frozenset[Right] | None = None
    """The only things it may do; None: not limited."""
    everything: bool = False
    """Loupe itself: its own services and background work."""
    staff_ids: frozenset[str] = frozenset()
    """Ids of the people of the department that the caller supervises: he views their projects. Looked up anew for each
    call, so it does not outlive one: `to_bytes` leaves it out."""
    origin: EventOrigin = field(default_factory=EventOrigin, compare=False)
    """Where the call came from, for the audit alone; grants nothing."""

    @property
    def is_key(self) -> bool:
        """Whether an API key acts. Keys have their owner's rights on projects, never his office."""
        return self.principal.startswith("apiKeys/")

    @classmethod
    def of(cls, caller: Caller) -> Self:
        """Scope of the caller of an RPC."""
        if caller.kind is CallerKind.SERVICE:
            return cls(principal=f"services/{caller.id}", everything=True)
        is_key = caller.kind is CallerKind.API_KEY
        return cls(
            user_id=caller.id,
            department_id=caller.department_id,
            principal=f"apiKeys/{caller.key_id}" if is_key else f"users/{caller.id}",
            key_projects=caller.key_projects,
            rights=frozenset(Right(one) for one in caller.scopes & set(Right)) if is_key else None,
        )

    @classmethod
    def of_loupe(cls) -> Self:
        """Scope of background work that acts for nobody."""
        return cls(principal="services/project", everything=True)

    def require(self, right: Right) -> None:
        """Let the caller pass or raise.

        Raises:
            PermissionDenied: If the caller is an API key without this scope.
        """
        if self.rights is not None and right not in self.rights:
            raise PermissionDenied(
                f"This API key lacks the scope {right.value!r}; make a key that has it.", scope=right.value
            )

    def to_bytes(self) -> bytes:
        """For operations, which go on after the call that began them and after a restart."""
        return json.dumps(
            {
                "user_id": self.user_id,
                "department_id": self.department_id,
                "principal": self.principal,
                "key_projects": None if self.key_projects is None else sorted(self.key_projects),
                "rights": None if self.rights is None else sorted(self.rights),
                "everything": self.everything,
                "origin": asdict(self.origin),
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`."""
        fields = json.loads(data)
        projects, rights = fields["key_projects"], fields["rights"]
        return cls(
            user_id=fields["user_id"],
            department_id=fields["department_id"],
            principal=fields["principal"],
            key_projects=None if projects is None else frozenset(projects),
            rights=None if rights is None else frozenset(Right(one) for one in rights),
            everything=fields["everything"],
            origin=EventOrigin(**fields.get("origin", {})),
        )
