"""Pages of lists: token in, sort key out, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from loupe_auth.ports import NameKey, TimeKey
from loupe_kit import paging
from loupe_kit.paging import PageTokenInvalid

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class PageRequest(Protocol):
    """The two fields that every list request has."""

    @property
    def page_size(self) -> int:
        """Rows wanted; 0: the default."""

    @property
    def page_token(self) -> str:
        """Empty: the first page."""


class Page:
    """One page of a list.

    Args:
        request: the request of the list.
        *conditions: everything else that selects the rows; a token holds for the same conditions only.

    Raises:
        PageTokenInvalid: the token is damaged or of another list.
        InvalidArgument: the size is negative.
    """

    def __init__(self, request: PageRequest, *conditions: str) -> None:
        self._filter = paging.filter_hash(*conditions)
        self._key = paging.decode_token(request.page_token, self._filter)
        self.size = paging.clamp_page_size(request.page_size)

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than the page holds tells whether another page follows."""
        return self.size + 1

    def after_name(self) -> NameKey | None:
        """Returns where a list by name goes on."""
        match self._key:
            case ():
                return None
            case (str(name), str(row_id)):
                return name, row_id
        raise _foreign()

    def after_time(self) -> TimeKey | None:
        """Returns where a list by time goes on."""
        match self._key:
            case ():
                return None
            case (int(microseconds), str(row_id)):
                return _EPOCH + microseconds * _MICROSECOND, row_id
        raise _foreign()

    def cut_by_name(self, found: Sequence[T], key: Callable[[T], NameKey]) -> tuple[Sequence[T], str]:
        """Returns the rows of this page and the token of the next one, empty on the last."""
        rows = found[: self.size]
        return rows, self._token(key(rows[-1])) if len(found) > self.size else ""

    def cut_by_time(self, found: Sequence[T], key: Callable[[T], TimeKey]) -> tuple[Sequence[T], str]:
        """Returns the rows of this page and the token of the next one, empty on the last."""
        rows = found[: self.size]
        if len(found) <= self.size:
            return rows, ""
        time, row_id = key(rows[-1])
        return rows, self._token(((time - _EPOCH) // _MICROSECOND, row_id))

    def _token(self, key: tuple[str | int, str]) -> str:
        return paging.encode_token(key, self._filter)


def _foreign() -> PageTokenInvalid:
    return PageTokenInvalid("Page token belongs to another list; start without it.")
