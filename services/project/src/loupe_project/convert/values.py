"""Small things that many messages hold: times, and update masks."""

from collections.abc import Collection
from datetime import UTC, datetime

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from loupe_kit.errors import FieldViolation, InvalidArgument

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400


def timestamp(time: datetime | None) -> Timestamp | None:
    """A time as message; None stays None, which constructors of messages take for "not set"."""
    if time is None:
        return None
    # As `FromDatetime`, in a fifth of its time: a page of a hundred images has a thousand times.
    since = time - _EPOCH
    return Timestamp(seconds=since.days * _DAY_SECONDS + since.seconds, nanos=since.microseconds * 1000)


def time_of(message: Timestamp, field: str) -> datetime:
    """A time from a message.

    Raises:
        InvalidArgument: If it lies outside the years 1 to 9999.
    """
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(
            f"{field} is not a time between the years 1 and 9999.", fields=[FieldViolation(field, "must be a time")]
        ) from error


def mask_paths(mask: FieldMask, allowed: Collection[str]) -> list[str]:
    """Paths of an update mask, each once.

    Args:
        mask: As sent.
        allowed: Paths that can be changed; one that ends in `.*` allows everything below.

    Raises:
        InvalidArgument: If it is empty or has a path that cannot be changed.
    """
    paths = list(dict.fromkeys(mask.paths))
    if not paths:
        raise InvalidArgument(
            f"update_mask is empty; name what changes: {', '.join(allowed)}.",
            fields=[FieldViolation("update_mask", "must name at least one field")],
        )
    below = tuple(one[:-1] for one in allowed if one.endswith(".*"))
    wrong = [one for one in paths if one not in allowed and not (below and one.startswith(below))]
    if wrong:
        raise InvalidArgument(
            f"update_mask names {', '.join(wrong)[:200]}, which cannot be changed here; it takes {', '.join(allowed)}.",
            fields=[FieldViolation(f"update_mask.{one}", "unknown, or read-only") for one in wrong],
        )
    return paths
