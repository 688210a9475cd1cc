"""Who may see an image: what its project says, narrowed or widened."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from loupe_project.domain.project import PrincipalKind

MAX_READERS = 1000
"""Most readers of one image; departments hold more people."""
MAX_CHANGES = 100
"""Most readers that one call adds or takes away."""


class AccessMode(StrEnum):
    """What the project's viewers see of an image."""

    INHERITED = "INHERITED"
    RESTRICTED = "RESTRICTED"


@dataclass(frozen=True, slots=True, order=True)
class Principal:
    """A user or a department."""

    kind: PrincipalKind
    id: str


@dataclass(frozen=True, slots=True)
class ImageAccess:
    """Who may see an image beside the project's owner and editors."""

    mode: AccessMode
    readers: tuple[Principal, ...]
    """May view it whatever the project says; departments first, each kind by id."""


@dataclass(frozen=True, slots=True)
class AccessWish:
    """How the access of images shall change. What it does not name stays as it is."""

    mode: AccessMode | None = None
    add: tuple[Principal, ...] = ()
    remove: tuple[Principal, ...] = ()
    clears: bool = False
    """Whether all readers go first."""

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps(
            {
                "mode": self.mode,
                "add": [(one.kind, one.id) for one in self.add],
                "remove": [(one.kind, one.id) for one in self.remove],
                "clears": self.clears,
            }
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Undo `to_bytes`."""
        fields = json.loads(data)
        return cls(
            mode=None if fields["mode"] is None else AccessMode(fields["mode"]),
            add=tuple(Principal(PrincipalKind(kind), one) for kind, one in fields["add"]),
            remove=tuple(Principal(PrincipalKind(kind), one) for kind, one in fields["remove"]),
            clears=fields["clears"],
        )
