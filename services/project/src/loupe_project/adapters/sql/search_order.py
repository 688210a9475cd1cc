"""Orders of images in SQL: what to sort by, and which images come behind or before another one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from loupe_kit.paging import PageTokenInvalid
from loupe_project.adapters.sql.tables import images, outlier_scores
from loupe_project.domain.search import Order

_UNSCORED = -1.0
"""Stands before every outlier score: images without one come last."""

_UNSURE = 2.0
"""Stands behind every confidence: images without one come last."""


class By:
    """An order of images: one column, then the id."""

    def __init__(self, column: ColumnElement[Any], *, descending: bool = False) -> None:
        self.column = column
        self._descending = descending

    def columns(self, *, backwards: bool = False) -> list[ColumnElement[Any]]:
        """What to sort by."""
        both: list[ColumnElement[Any]] = [self.column, images.c.id]
        return [column.desc() for column in both] if self._descending is not backwards else both

    def behind(self, key: Sequence[str | int]) -> ColumnElement[bool]:
        """Condition on images that come after the one with this sort key.

        Raises:
            PageTokenInvalid: If the key is of another order.
        """
        try:
            text, image_id = key
            value = self.read(str(text))
        except ValueError as error:
            raise PageTokenInvalid("Page token belongs to another order; start without it.") from error
        return self._after(value, image_id, up=not self._descending)

    def before(self, value: Any, image_id: str) -> ColumnElement[bool]:
        """Condition on images that come before the one with this value and id."""
        return self._after(value, image_id, up=self._descending)

    def _after(self, value: Any, image_id: str | int, *, up: bool) -> ColumnElement[bool]:
        column, last = self.column, images.c.id
        if up:
            return or_(column > value, and_(column == value, last > image_id))
        return or_(column < value, and_(column == value, last < image_id))

    def write(self, value: Any) -> str:
        """A value of the column as text."""
        return str(value)

    def read(self, text: str) -> Any:
        """Undo `write`."""
        return text


class _ByTime(By):
    def write(self, value: datetime) -> str:
        return value.isoformat()

    def read(self, text: str) -> datetime:
        return datetime.fromisoformat(text)


class _ByNumber(By):
    def write(self, value: float) -> str:
        return repr(float(value))

    def read(self, text: str) -> float:
        return float(text)


_OUTLIER = select(outlier_scores.c.score).where(outlier_scores.c.image_id == images.c.id).scalar_subquery()

ORDERS: dict[Order, By] = {
    Order.NEWEST: _ByTime(images.c.upload_time, descending=True),
    Order.OLDEST: _ByTime(images.c.upload_time),
    Order.FILE_NAME: By(images.c.file_name_folded),
    Order.OUTLIER: _ByNumber(func.coalesce(_OUTLIER, _UNSCORED), descending=True),
    Order.CONFIDENCE: _ByNumber(func.coalesce(images.c.confidence, _UNSURE)),
}
