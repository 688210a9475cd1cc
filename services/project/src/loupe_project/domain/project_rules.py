"""What the fields of a project may hold."""

from zoneinfo import ZoneInfo

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.project import Member

MAX_MEMBERS = 1000
_MAX_NAME = 100
_MAX_DESCRIPTION = 2000


def display_name(text: str) -> str:
    """A name without white space around it.

    Raises:
        InvalidArgument: If it is empty or longer than 100 characters.
    """
    name = text.strip()
    if not 1 <= len(name) <= _MAX_NAME:
        raise InvalidArgument(
            f"A project's display name has 1 to {_MAX_NAME} characters; this one has {len(name)}.",
            fields=[FieldViolation("project.display_name", f"must have 1 to {_MAX_NAME} characters")],
        )
    return name


def description(text: str) -> str:
    """A description.

    Raises:
        InvalidArgument: If it is longer than 2,000 characters.
    """
    if len(text) > _MAX_DESCRIPTION:
        raise InvalidArgument(
            f"A project's description has at most {_MAX_DESCRIPTION} characters; this one has {len(text)}.",
            fields=[FieldViolation("project.description", f"must have at most {_MAX_DESCRIPTION} characters")],
        )
    return text


def time_zone(text: str) -> str:
    """An IANA time zone; empty is UTC.

    Raises:
        InvalidArgument: If there is no such zone.
    """
    name = text or "UTC"
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidArgument(
            f"{name[:64]!r} is no IANA time zone; give one such as 'Asia/Seoul' or 'UTC'.",
            fields=[FieldViolation("project.time_zone", "must be an IANA time zone")],
            time_zone=name[:64],
        ) from error
    return name


def members(given: tuple[Member, ...]) -> tuple[Member, ...]:
    """Members of a project.

    Raises:
        InvalidArgument: If there are more than 1,000.
    """
    if len(given) > MAX_MEMBERS:
        raise InvalidArgument(
            f"A project is shared with at most {MAX_MEMBERS} users and departments, not {len(given)}; use departments.",
            fields=[FieldViolation("project.members", f"must hold at most {MAX_MEMBERS}")],
        )
    return given
