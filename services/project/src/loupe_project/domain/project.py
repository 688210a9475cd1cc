"""Projects: the room in which images live, and who may enter it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Visibility(StrEnum):
    """Who may see a project beside its owner and its members."""

    PRIVATE = "PRIVATE"
    ORGANISATION = "ORGANISATION"


class ProjectRole(StrEnum):
    """What somebody may do in a project, rising."""

    GUEST = "GUEST"
    """The project is not shared with him, single images of it are."""
    VIEWER = "VIEWER"
    EDITOR = "EDITOR"
    OWNER = "OWNER"

    def at_least(self, other: "ProjectRole") -> bool:
        """Whether this role includes the rights of `other`."""
        order = list(ProjectRole)
        return order.index(self) >= order.index(other)


class PrincipalKind(StrEnum):
    """Whom a project can be shared with."""

    USER = "USER"
    DEPARTMENT = "DEPARTMENT"


@dataclass(frozen=True, slots=True)
class Member:
    """A user or a department that a project is shared with."""

    kind: PrincipalKind
    id: str
    role: ProjectRole
    """VIEWER or EDITOR."""


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Numbers of images by state."""

    pending: int = 0
    analysed: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All images."""
        return self.pending + self.analysed + self.failed


@dataclass(frozen=True, slots=True)
class Project:
    """A project as its store keeps it."""

    id: str
    display_name: str
    description: str
    model: str
    """Id of the model that analyses its images, for example "efficientnet-lite0"."""
    model_version: str
    visibility: Visibility
    owner_id: str
    time_zone: str
    """IANA name; dates in queries are read in it."""
    revision: int
    """Grows with every change; the etag."""
    create_time: datetime
    update_time: datetime
    members: tuple[Member, ...] = ()
    caller_role: ProjectRole = ProjectRole.VIEWER
    """What the caller for whom it was read may do."""
