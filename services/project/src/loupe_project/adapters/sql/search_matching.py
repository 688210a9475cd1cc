"""Patterns and intervals against columns."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from loupe_project.domain.query.tree import Interval, Pattern

_ESCAPE = "~"
"""Not the backslash, which MariaDB's string literals have a use of their own for."""


def like(pattern: Pattern) -> str:
    """The pattern for LIKE with our escape character."""
    return "%".join(
        piece.replace(_ESCAPE, _ESCAPE * 2).replace("%", f"{_ESCAPE}%").replace("_", f"{_ESCAPE}_")
        for piece in pattern.pieces
    )


def any_pattern(column: ColumnElement[Any], patterns: Sequence[Pattern]) -> ColumnElement[bool]:
    """The text in the column matches one of the patterns; NULL for NULL."""
    exact = [pattern.exact for pattern in patterns if pattern.is_exact]
    parts: list[ColumnElement[bool]] = [column.in_(exact)] if exact else []
    parts += [column.like(like(pattern), escape=_ESCAPE) for pattern in patterns if not pattern.is_exact]
    return any_of(parts)


def any_interval(column: ColumnElement[Any], intervals: Sequence[Interval[Any]]) -> ColumnElement[bool]:
    """The value in the column lies in one of the intervals; NULL for NULL."""
    return any_of([_inside(column, interval) for interval in intervals])


def _inside(column: ColumnElement[Any], interval: Interval[Any]) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if interval.low is not None:
        parts.append(column >= interval.low if interval.low_included else column > interval.low)
    if interval.high is not None:
        parts.append(column <= interval.high if interval.high_included else column < interval.high)
    return and_(true(), *parts)


def any_of(parts: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    """One of the conditions holds; none of them: false."""
    return or_(false(), *parts)


def given(column: ColumnElement[Any], holds: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, false where the column is NULL."""
    return and_(column.is_not(None), holds)
