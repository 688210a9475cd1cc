"""Queries that open the images behind a finding about drift."""

from collections.abc import Sequence
from datetime import UTC, datetime

from loupe_project.domain.traits import TraitFound

DAY = "day"


def of_group(group_by: str, value: str) -> str:
    """The images of a group: of a day, or with a value of a field; empty for all images."""
    if not group_by:
        return ""
    if group_by == DAY:
        return f"(at:{value} OR (-has:at uploaded:{value}))"
    if not value:
        return f"-has:{group_by}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
    return f'{group_by}:"{escaped}"'


def of_upload(first: datetime, last: datetime) -> str:
    """The images that arrived from one moment to another one."""
    return f"uploaded>={_written(first)} uploaded<={_written(last)}"


def standing_out(base: str, unlike: str, traits: Sequence[TraitFound], *, with_unlike: bool) -> str:
    """Those of the images that stand out.

    Args:
        base: Query of the group.
        unlike: Query of images that are unlike the reference.
        traits: Those that are conspicuous.
        with_unlike: Whether unlike images count beside them; they always do where no trait is conspicuous.
    """
    terms = [f"{one.trait}<{one.low!r}" for one in traits if one.below_share > 0]
    terms += [f"{one.trait}>{one.high!r}" for one in traits if one.above_share > 0]
    if with_unlike or not terms:
        terms.insert(0, unlike)
    which = terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"
    return f"{base} {which}".strip()


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
