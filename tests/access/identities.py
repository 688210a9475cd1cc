"""Who calls, in the tests of access."""

from __future__ import annotations

from enum import Enum


class Identity(Enum):
    """Columns of the access matrix, in its order."""

    ANONYMOUS = "anonymous"
    """Sends no credentials."""
    STRANGER = "stranger"
    """Signed in; the project is not shared with this person."""
    VIEWER = "viewer"
    """The project is shared with this person, to view."""
    EDITOR = "editor"
    """The project is shared with this person, to edit."""
    OWNER = "owner"
    """Made the project and everything in it."""
    SUPERVISOR = "supervisor"
    """Supervisor of the owner's department, which lets this person view its projects."""
    ADMINISTRATOR = "administrator"
    """Administrator; the project is not shared with this person."""
    KEY = "key"
    """API key of the owner for the project, with every scope."""
    KEY_ELSEWHERE = "key elsewhere"
    """API key of the owner for another project, with every scope."""
    KEY_WITHOUT_SCOPE = "key without scope"
    """API key of the owner for the project, without the scope that the call needs."""
    SERVICE = "service"
    """One of Loupe's own services."""

    @property
    def is_person(self) -> bool:
        """Whether it signs in, and so comes with cookies over HTTP."""
        return self in PEOPLE


PEOPLE = (
    Identity.STRANGER,
    Identity.VIEWER,
    Identity.EDITOR,
    Identity.OWNER,
    Identity.SUPERVISOR,
    Identity.ADMINISTRATOR,
)
