"""People and departments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from loupe_kit.caller import Role


class UserState(StrEnum):
    """Life cycle of an account."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


@dataclass(frozen=True)
class Profile:
    """What a person says about himself."""

    display_name: str
    """1 to 100 characters."""
    department_id: str | None
    """None: belongs to no department."""
    duty: str
    """At most 100 characters, may be empty."""
    location: str
    """At most 100 characters, may be empty."""


@dataclass(frozen=True)
class User:
    """A person with a verified e-mail address."""

    id: str
    """UUIDv7."""
    email: str
    """Lower case; unique."""
    profile: Profile
    role: Role
    state: UserState
    create_time: datetime
    update_time: datetime
    version: int
    """Counts updates from 1; the etag."""
    department_display_name: str = ""
    """Read together with the person, never written; empty: no department."""
    claims_time: datetime | None = None
    """When department or role last changed; None: never."""
    requested_department_id: str | None = None
    """Department that the person asked to join, written by MembershipRepository; None: none."""
    requested_department_display_name: str = ""

    @property
    def is_active(self) -> bool:
        """Whether the account may be used."""
        return self.state is UserState.ACTIVE

    def placed(
        self, department_id: str | None, department_display_name: str, now: datetime, role: Role | None = None
    ) -> User:
        """Returns the person in another department and role.

        Args:
            department_id: where he belongs from now on; None: nowhere.
            department_display_name: its name.
            now: dates the change.
            role: the new one; None: the old one, but a supervisor who leaves his department is a member.
        """
        is_other = department_id != self.profile.department_id
        if role is None:
            role = Role.MEMBER if is_other and self.role is Role.SUPERVISOR else self.role
        if not is_other and role is self.role:
            return self
        return replace(
            self,
            profile=replace(self.profile, department_id=department_id),
            department_display_name=department_display_name,
            role=role,
            claims_time=now,
        )

    @property
    def is_administrator(self) -> bool:
        """Whether the person manages accounts, departments and the audit."""
        return self.role is Role.ADMINISTRATOR


@dataclass(frozen=True)
class UserQuery:
    """Which people to list; all conditions must hold."""

    display_name_contains: str = ""
    """Part of the name key; empty: any."""
    department_id: str | None = None
    """None: of all departments, and of none."""
    email_contains: str = ""
    """Part of the address in lower case; empty: any."""
    role: Role | None = None
    """None: any."""
    state: UserState | None = None
    """None: any."""


@dataclass(frozen=True)
class MembershipRequest:
    """A person's wish to belong to a department."""

    id: str
    """UUIDv7."""
    user: User
    department_id: str
    department_display_name: str
    create_time: datetime


@dataclass(frozen=True)
class Department:
    """A group of people that projects are shared with."""

    id: str
    """UUIDv7."""
    display_name: str
    """1 to 100 characters, unique without regard to case."""
    description: str
    """At most 1000 characters, may be empty."""
    create_time: datetime
    update_time: datetime
    version: int
    """Counts updates from 1; the etag."""


def name_key(display_name: str) -> str:
    """Returns the form of a name by which it is compared, searched and ordered."""
    return " ".join(display_name.split()).casefold()
