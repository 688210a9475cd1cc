"""Values as they are written in a query: patterns, numbers, ranges, and what operators make of them."""

import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from loupe_project.domain.query.times import Span
from loupe_project.domain.query.tree import Interval, Pattern
from loupe_project.domain.text import fold

T = TypeVar("T", float, datetime)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.IGNORECASE)
_SIZE = re.compile(r"(\d+\.?\d*|\.\d+)\s*([kmgt]i?)?b?", re.IGNORECASE)
_PREFIXES = "kmgt"
_ESCAPE = re.compile(r'\\(["\\*])')


def unquote(raw: str) -> str:
    """A value without its quotes; escapes stay, for `pattern` to read."""
    return raw[1:-1] if is_quoted(raw) else raw


def is_quoted(raw: str) -> bool:
    """Whether a value was written in quotes."""
    return len(raw) >= 2 and raw[0] == raw[-1] == '"'


def plain(raw: str) -> str:
    """A value as text, quotes and escapes taken away."""
    return _ESCAPE.sub(r"\1", unquote(raw))


def pattern(raw: str) -> Pattern:
    """A value as a pattern: each `*` stands for anything; after a backslash it is itself."""
    pieces: list[str] = [""]
    text = unquote(raw)
    position = 0
    while position < len(text):
        match = _ESCAPE.match(text, position)
        if match is not None:
            pieces[-1] += match[1]
            position = match.end()
            continue
        if text[position] == "*":
            pieces.append("")
        else:
            pieces[-1] += text[position]
        position += 1
    folded = [fold(piece) for piece in pieces]
    # Several stars in a row say what one says.
    return Pattern(tuple(p for i, p in enumerate(folded) if p or i in (0, len(folded) - 1)))


def containing(raw: str) -> Pattern:
    """A pattern for what holds the value anywhere."""
    pieces = pattern(raw).pieces
    start = () if pieces[0] == "" else ("",)
    end = () if pieces[-1] == "" and len(pieces) > 1 else ("",)
    return Pattern((*start, *pieces, *end)) if pieces != ("",) else Pattern(("", ""))


def quote(text: str) -> str:
    """A text as it is written in a query so that it means itself."""
    escaped = re.sub(r'(["\\*])', r"\\\1", text)
    if escaped == text and text and not re.search(r'[\s()\[\]",]|\.\.', text):
        return text
    return f'"{escaped}"'


def number(text: str) -> float | None:
    """A finite number, None if the text is none."""
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def size(text: str) -> float | None:
    """A number of bytes, with a unit if there is one: `500`, `2MB`, `1.5MiB`."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    unit = (match[2] or "").lower()
    if not unit:
        return float(match[1])
    return float(match[1]) * float((1024 if unit.endswith("i") else 1000) ** (_PREFIXES.index(unit[0]) + 1))


def split_range(raw: str) -> tuple[str, str] | None:
    """The two ends of `low..high`, either of which may be empty; None if it is no range."""
    if is_quoted(raw) or ".." not in raw or raw == "..":
        return None
    low, _, high = raw.partition("..")
    return low, high


def _ordered(op: str, low: T, high: T) -> Interval[T]:
    """The interval of `op value`, where the value covers low to high."""
    match op:
        case "<":
            return Interval(high=low, high_included=False)
        case "<=":
            return Interval(high=high)
        case ">":
            return Interval(low=high, low_included=False)
        case _:
            return Interval(low=low)


def number_interval(op: str, raw: str, read: Callable[[str], float | None] = number) -> Interval[float] | None:
    """The numbers that `op raw` stands for, None if the value is no number or range of numbers."""
    ends = split_range(raw)
    if ends is not None and op in (":", "=", "!="):
        low, high = (read(end) if end else None for end in ends)
        bad = any(end and value is None for end, value in zip(ends, (low, high), strict=True))
        return None if bad else Interval(low, high)
    value = read(unquote(raw))
    if value is None:
        return None
    return Interval(value, value) if op in (":", "=", "!=") else _ordered(op, value, value)


def time_interval(op: str, raw: str, read: Callable[[str], Span | None]) -> Interval[datetime] | None:
    """The times that `op raw` stands for, None if the value is no time or range of times.

    A day covers all of itself, and the end day of a range is included. `at:-24h` means since then.
    """
    ends = split_range(raw)
    if ends is not None and op in (":", "=", "!="):
        return _time_range(ends, read)
    span = read(plain(raw))
    if span is None:
        return None
    if op in (":", "=", "!="):
        return Interval(low=span.start) if span.is_relative else _covering(span, span)
    if span.start == span.end:
        return _ordered(op, span.start, span.end)
    match op:
        case ">":
            return Interval(low=span.end)
        case "<=":
            return Interval(high=span.end, high_included=False)
        case _:
            return _ordered(op, span.start, span.end)


def _time_range(ends: tuple[str, str], read: Callable[[str], Span | None]) -> Interval[datetime] | None:
    low, high = (read(end) if end else None for end in ends)
    if (ends[0] and low is None) or (ends[1] and high is None):
        return None
    return _covering(low, high)


def _covering(low: Span | None, high: Span | None) -> Interval[datetime]:
    """From the first moment of `low` to the last of `high`."""
    return Interval(
        low=None if low is None else low.start,
        high=None if high is None else high.end,
        high_included=high is not None and high.start == high.end,
    )
