"""Times as people write them: dates and date-times of the project's zone, and times relative to now."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DATE = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_RELATIVE = re.compile(r"([+-])(\d{1,6})([smhdw])")
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = {"today": 0, "오늘": 0, "yesterday": -1, "어제": -1}


@dataclass(frozen=True, slots=True)
class Span:
    """What a written time stands for: a whole day, month, minute or second, or a single moment."""

    start: datetime
    """First moment, in UTC."""
    end: datetime
    """First moment after it, in UTC; equals `start` for a single moment."""
    is_relative: bool = False
    """Written as a distance from now."""


def parse(text: str, zone: ZoneInfo, now: datetime) -> Span | None:
    """What the text stands for, None if it is no time.

    Args:
        text: A date, month, date-time, `now`, `today`, `yesterday`, or a distance such as `-24h`.
        zone: In which days begin, and clock times without a zone are read.
        now: The current time, aware.
    """
    lowered = text.strip().lower()
    try:
        return _special(lowered, zone, now) or _relative(lowered, now) or _day(lowered, zone) or _moment(lowered, zone)
    except (ValueError, OverflowError):
        return None


def _special(text: str, zone: ZoneInfo, now: datetime) -> Span | None:
    if text in ("now", "지금"):
        return Span(now, now)
    if text in _DAYS:
        day = now.astimezone(zone).date() + timedelta(days=_DAYS[text])
        return _whole(day, day + timedelta(days=1), zone)
    return None


def _relative(text: str, now: datetime) -> Span | None:
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None
    distance = timedelta(**{_UNITS[match[3]]: int(match[2])})
    moment = now - distance if match[1] == "-" else now + distance
    return Span(moment, moment, is_relative=True)


def _day(text: str, zone: ZoneInfo) -> Span | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    if match[3]:
        day = date(year, month, int(match[3]))
        return _whole(day, day + timedelta(days=1), zone)
    first = date(year, month, 1)
    return _whole(first, (first + timedelta(days=31)).replace(day=1), zone)


def _whole(first: date, after: date, zone: ZoneInfo) -> Span:
    return Span(_utc(datetime.combine(first, time.min, zone)), _utc(datetime.combine(after, time.min, zone)))


def _moment(text: str, zone: ZoneInfo) -> Span | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    second, fraction, offset = match[4] or "00", (match[5] or "").ljust(6, "0"), (match[6] or "").upper()
    moment = datetime.fromisoformat(f"{match[1]}T{match[2]}:{match[3]}:{second}.{fraction}{offset}")
    start = _utc(moment if offset else moment.replace(tzinfo=zone))
    if match[5]:
        return Span(start, start + timedelta(microseconds=10 ** (6 - len(match[5]))))
    return Span(start, start + timedelta(seconds=1 if match[4] else 60))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def is_time(text: str) -> bool:
    """Whether a text stands for some time, whenever and wherever it is asked."""
    return parse(text, ZoneInfo("UTC"), datetime(2000, 1, 1, tzinfo=UTC)) is not None
