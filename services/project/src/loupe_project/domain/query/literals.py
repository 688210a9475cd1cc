"""Values of a query with their types, as trees for programs hold them, and how they are written.

Reading what was written gives the value again, except where a field takes no such value; `write` refuses that.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loupe_project.domain.query import times, values
from loupe_project.domain.query.grammar import KEYWORDS
from loupe_project.domain.query.tree import Kind

_EXACT_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(?:Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)
_CLOCK_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\S+)\s*(\S*)", re.IGNORECASE)
_DISTANCE = re.compile(r"([+-])(\d{1,6})([smhdw])", re.IGNORECASE)
_UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_MAX_UNITS = 999_999
_SPECIAL = re.compile(r'[\s()\[\]",]|\.\.')
_SIGN = re.compile(r'\\(["\\*])|(\*)|(.)', re.DOTALL)
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class TextValue:
    """A text that means itself."""

    text: str


@dataclass(frozen=True, slots=True)
class PatternValue:
    """A text in which `*` stands for anything."""

    text: str
    """With `\\*`, `\\"` and `\\\\` for the signs themselves; a backslash before anything else is written `\\\\` too."""


@dataclass(frozen=True, slots=True)
class NumberValue:
    """A number; sizes are in bytes."""

    number: float


@dataclass(frozen=True, slots=True)
class TruthValue:
    """True or false."""

    truth: bool


@dataclass(frozen=True, slots=True)
class MomentValue:
    """A moment to the microsecond, in UTC."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """A day, month, minute, second, or a word such as today."""

    text: str


@dataclass(frozen=True, slots=True)
class DistanceValue:
    """A distance from now, in whole seconds; negative ones lie in the past."""

    distance: timedelta


End = NumberValue | MomentValue | PeriodValue | DistanceValue


@dataclass(frozen=True, slots=True)
class RangeValue:
    """All between two ends; None is an open side."""

    low: End | None
    high: End | None


Literal = TextValue | PatternValue | TruthValue | RangeValue | End


def pattern(text: str) -> TextValue | PatternValue:
    """A pattern in its one written form; a text if there is no `*` in it."""
    signs = _SIGN.findall(text)
    if not any(star for _, star, _ in signs):
        return TextValue("".join(sign or one for sign, _, one in signs))
    return PatternValue("".join(star or _escaped(sign or one) for sign, star, one in signs))


def period(text: str) -> End:
    """A time in its one written form; what is no time stays as it is, for `write` to refuse."""
    return _time(text) or PeriodValue(text)


def read(raw: str, kind: Kind) -> Literal:
    """The value that was written for a field of this kind.

    Values of the wrong type become texts: whether a field takes one is for `binding` to say.
    """
    match kind:
        case Kind.NUMBER:
            return _range(raw, kind) or _number(values.unquote(raw), kind) or pattern(values.unquote(raw))
        case Kind.TIME:
            return _range(raw, kind) or _time(values.plain(raw)) or pattern(values.unquote(raw))
        case Kind.METADATA if not values.is_quoted(raw):
            return _range(raw, kind) or _number(raw, kind) or _truth(raw) or _time(raw) or pattern(raw)
        case _:
            return pattern(values.unquote(raw))


def write(value: Literal, kind: Kind) -> str | None:
    """How a value is written for a field of this kind; None if the field takes no such value."""
    raw = _raw(value)
    if raw is None or read(raw, kind) == value:
        return raw
    # What would be read as a number or a time stays a text in quotes.
    quoted = f'"{raw}"' if isinstance(value, PatternValue) else f'"{_escaped(values.plain(raw))}"'
    return quoted if read(quoted, kind) == value else None


def write_words(value: TextValue | PatternValue) -> str:
    """The same for words without a field; always quoted, but for plain words."""
    raw = value.text if isinstance(value, PatternValue) else _escaped(value.text)
    return raw if re.fullmatch(r"\w[\w*./@+-]*", raw) and raw not in KEYWORDS else f'"{raw}"'


def _raw(value: Literal) -> str | None:
    match value:
        case TextValue(text):
            return values.quote(text)
        case PatternValue(text):
            return f'"{text}"' if _SPECIAL.search(text) or not text else text
        case TruthValue(truth):
            return "true" if truth else "false"
        case RangeValue(low, high):
            ends = ["" if end is None else _raw(end) for end in (low, high)]
            return None if None in ends or ends == ["", ""] else "..".join(str(end) for end in ends)
        case NumberValue(number):
            return number_text(number)
        case MomentValue(moment):
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
        case PeriodValue(text):
            return values.quote(text)
        case DistanceValue(distance):
            return _distance_text(distance)


def number_text(number: float) -> str:
    """A number as every field of numbers reads it: without an exponent."""
    return str(int(number)) if number.is_integer() else format(Decimal(repr(number)), "f")


def _distance_text(distance: timedelta) -> str | None:
    seconds = round(distance.total_seconds())
    sign = "-" if seconds <= 0 else "+"
    for unit, length in _UNIT_SECONDS.items():
        count, rest = divmod(abs(seconds), length)
        if not rest:
            return f"{sign}{count}{unit}" if count <= _MAX_UNITS else None
    return None


def _escaped(text: str) -> str:
    return re.sub(r'(["\\*])', r"\\\1", text)


def _range(raw: str, kind: Kind) -> RangeValue | None:
    ends = values.split_range(raw)
    if ends is None:
        return None
    low, high = (_end(end, kind) if end else None for end in ends)
    is_complete = all(value is not None or not end for end, value in zip(ends, (low, high), strict=True))
    return RangeValue(low, high) if is_complete else None


def _end(text: str, kind: Kind) -> End | None:
    if kind is Kind.NUMBER:
        return _number(text, kind)
    return _time(text) if kind is Kind.TIME else _number(text, kind) or _time(text)


def _number(text: str, kind: Kind) -> NumberValue | None:
    number = values.number(text)
    if number is None and kind is Kind.NUMBER:
        number = values.size(text)
    return None if number is None else NumberValue(number)


def _truth(raw: str) -> TruthValue | None:
    truth = _TRUTHS.get(raw.lower())
    return None if truth is None else TruthValue(truth)


def _time(text: str) -> End | None:
    distance = _DISTANCE.fullmatch(text)
    if distance:
        seconds = int(distance[2]) * _UNIT_SECONDS[distance[3].lower()]
        return DistanceValue(timedelta(seconds=-seconds if distance[1] == "-" else seconds))
    if not times.is_time(text):
        return None
    clock = _CLOCK_TIME.fullmatch(text.strip())
    if clock is None:
        return PeriodValue(text.strip().lower())
    written = f"{clock[1]}T{clock[2]}{clock[3]}".upper()
    if _EXACT_MOMENT.fullmatch(written):
        return MomentValue(datetime.fromisoformat(written).astimezone(UTC))
    return PeriodValue(written)
