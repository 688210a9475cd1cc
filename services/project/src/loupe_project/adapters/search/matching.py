"""Patterns and intervals against dictionaries and arrays."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from loupe_project.adapters.search.columns import NO_TIME, Mask
from loupe_project.domain.query.tree import Interval, Pattern

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def any_pattern(texts: pa.Array | pa.ChunkedArray, patterns: Sequence[Pattern]) -> Mask:
    """Which texts match one of the patterns: array (D,)."""
    found = np.zeros(len(texts), np.bool_)
    if not len(texts):
        return found
    exact = [pattern.exact for pattern in patterns if pattern.is_exact]
    if exact:
        found |= _mask(pc.is_in(texts, value_set=pa.array(exact, pa.large_string())))
    for pattern in patterns:
        if not pattern.is_exact:
            found |= _mask(_like(texts, pattern.pieces))
    return found


def _like(texts: Any, pieces: tuple[str, ...]) -> Any:
    match pieces:
        case ("", ""):
            return pc.is_valid(texts)
        case (start, ""):
            return pc.starts_with(texts, start)
        case ("", end):
            return pc.ends_with(texts, end)
        case ("", inner, ""):
            return pc.match_substring(texts, inner)
        case _:
            return pc.match_substring_regex(texts, f"(?s)^{'.*'.join(_literal(one) for one in pieces)}$")


def _literal(text: str) -> str:
    """Text for RE2 that means itself."""
    return "".join(one if one.isalnum() else f"\\x{{{ord(one):x}}}" for one in text)


def _mask(found: Any) -> Mask:
    return np.asarray(found.to_numpy() if isinstance(found, pa.ChunkedArray) else found.to_numpy(zero_copy_only=False))


def instant(time: datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Undo `instant`."""
    return _EPOCH + microseconds * _MICROSECOND


def any_number(values: NDArray[Any], intervals: Sequence[Interval[float]]) -> Mask:
    """Which numbers lie in one of the intervals; NaN in none."""
    found = np.zeros(len(values), np.bool_)
    for one in intervals:
        found |= _inside(values, one.low, one.high, one) & ~np.isnan(values)
    return found


def any_time(values: NDArray[np.int64], intervals: Sequence[Interval[datetime]]) -> Mask:
    """Which microseconds lie in one of the intervals; `NO_TIME` in none."""
    found = np.zeros(len(values), np.bool_)
    for one in intervals:
        low = None if one.low is None else instant(one.low)
        high = None if one.high is None else instant(one.high)
        found |= _inside(values, low, high, one) & (values != NO_TIME)
    return found


def _inside(values: NDArray[Any], low: float | None, high: float | None, ends: Interval[Any]) -> Mask:
    found = np.ones(len(values), np.bool_)
    if low is not None:
        found &= values >= low if ends.low_included else values > low
    if high is not None:
        found &= values <= high if ends.high_included else values < high
    return found
