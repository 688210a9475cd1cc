"""Rows of a mask in an order: pages, an image's neighbours, all of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from loupe_kit.paging import PageTokenInvalid
from loupe_project.adapters.search import row_ids
from loupe_project.adapters.search.columns import Mask
from loupe_project.adapters.search.matching import instant, moment
from loupe_project.adapters.search.view import View
from loupe_project.adapters.sql.search_order import ORDERS
from loupe_project.domain.search import FoundPage, Order, Position

Keys = NDArray[Any]

_UNSCORED = -1.0
_UNSURE = 2.0
_DESCENDING = (Order.NEWEST, Order.OUTLIER)


def page(view: View, mask: Mask, order: Order, after: Sequence[str | int], limit: int, skip: int) -> FoundPage:
    """See the port `ImageSearch`. Keys of pages are those of the SQL store, so that either can go on."""
    rows = np.flatnonzero(mask)
    keys = _keys(view, order)[rows]
    if after:
        rows, keys = _behind(view, rows, keys, order, after)
    wanted = skip + limit + 1
    if len(rows) > wanted:
        # All that may be among the first: those beyond the last one wanted, and what has the same key.
        edge = np.partition(keys, wanted - 1)[wanted - 1]
        near = keys <= edge
        rows, keys = rows[near], keys[near]
    rows = _sorted(view, rows, keys, order)[skip : skip + limit + 1]
    has_more = len(rows) > limit
    rows = rows[:limit]
    ids = row_ids.texts(view.ids.high.values[rows], view.ids.low.values[rows])
    return FoundPage(tuple(ids), (_written(view, order, int(rows[-1])), ids[-1]) if has_more and ids else ())


def all_ids(view: View, mask: Mask) -> list[str]:
    """Ids of all rows of the mask, the newest first."""
    rows = np.flatnonzero(mask)
    rows = _sorted(view, rows, _keys(view, Order.NEWEST)[rows], Order.NEWEST)
    return row_ids.texts(view.ids.high.values[rows], view.ids.low.values[rows])


def packed_ids(view: View, mask: Mask) -> bytes:
    """Ids of all rows of the mask, 16 bytes each, in rising order."""
    rows = np.flatnonzero(mask)
    high, low = view.ids.high.values[rows], view.ids.low.values[rows]
    order = row_ids.in_order(high, low)
    return row_ids.packed_bytes(high[order], low[order]).tobytes()


def neighbours(view: View, mask: Mask, order: Order, image_id: str) -> Position | None:
    """See the port `ImageSearch`."""
    rows = np.flatnonzero(mask)
    (high,), (low,) = row_ids.halves([image_id])
    found = np.flatnonzero((view.ids.high.values[rows] == high) & (view.ids.low.values[rows] == low))
    if not len(found):
        return None
    keys = _keys(view, order)[rows]
    own = keys[found[0]]
    same = _sorted(view, rows[keys == own], keys[keys == own], order)
    place = int(np.flatnonzero(same == rows[found[0]])[0])
    before, behind = keys < own, keys > own
    previous = same[place - 1] if place else _nearest(view, rows[before], keys[before], order, last=True)
    following = same[place + 1] if place + 1 < len(same) else _nearest(view, rows[behind], keys[behind], order)
    number = int(np.count_nonzero(before)) + place + 1
    return Position(number, _id_of(view, previous), _id_of(view, following))


def _nearest(view: View, rows: NDArray[Any], keys: Keys, order: Order, *, last: bool = False) -> Any:
    if not len(rows):
        return None
    edge = keys == (keys.max() if last else keys.min())
    return _sorted(view, rows[edge], keys[edge], order)[-1 if last else 0]


def _id_of(view: View, row: Any) -> str:
    if row is None:
        return ""
    return row_ids.texts(view.ids.high.values[[row]], view.ids.low.values[[row]])[0]


def _keys(view: View, order: Order) -> Keys:
    """What rows are sorted by, the smallest first: array (N,)."""
    match order:
        case Order.NEWEST:
            return -view.numbers["uploaded"]
        case Order.OLDEST:
            return view.numbers["uploaded"]
        case Order.FILE_NAME:
            return view.name_ranks
        case Order.CONFIDENCE:
            return np.where(np.isnan(view.numbers["conf"]), _UNSURE, view.numbers["conf"])
        case Order.OUTLIER:
            return -np.where(np.isnan(view.numbers["outlier"]), _UNSCORED, view.numbers["outlier"])


def _sorted(view: View, rows: NDArray[Any], keys: Keys, order: Order) -> NDArray[Any]:
    """Rows by key, then by id in the same direction."""
    high, low = view.ids.high.values[rows], view.ids.low.values[rows]
    if order in _DESCENDING:
        high, low = ~high, ~low
    return rows[np.lexsort((low, high, keys))]


def _behind(
    view: View, rows: NDArray[Any], keys: Keys, order: Order, after: Sequence[str | int]
) -> tuple[NDArray[Any], Keys]:
    """Rows that come after the sort key.

    Raises:
        PageTokenInvalid: If the key is of another order.
    """
    try:
        text, image_id = after
        value = ORDERS[order].read(str(text))
        ((high,), (low,)) = row_ids.halves([str(image_id)])
    except ValueError as error:
        raise PageTokenInvalid("Page token belongs to another order; start without it.") from error
    highs, lows = view.ids.high.values[rows], view.ids.low.values[rows]
    further = (highs > high) | ((highs == high) & (lows > low))
    if order in _DESCENDING:
        further = ~further & ((highs != high) | (lows != low))
    if order is Order.FILE_NAME:
        names = view.names.take(rows)
        beyond, same = (np.asarray(found.to_numpy()) for found in (pc.greater(names, value), pc.equal(names, value)))
    else:
        own = instant(value) if order in (Order.NEWEST, Order.OLDEST) else value
        own = -own if order in _DESCENDING else own
        beyond, same = keys > own, keys == own
    chosen = beyond | (same & further)
    return rows[chosen], keys[chosen]


def _written(view: View, order: Order, row: int) -> str:
    by = ORDERS[order]
    match order:
        case Order.NEWEST | Order.OLDEST:
            return by.write(moment(int(view.numbers["uploaded"][row])))
        case Order.FILE_NAME:
            return by.write(view.names[row].as_py())
        case _:
            key = _keys(view, order)[row]
            return by.write(-key if order in _DESCENDING else key)
