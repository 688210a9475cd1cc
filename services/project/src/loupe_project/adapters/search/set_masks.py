"""Sets of images as masks of rows."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.search import row_ids
from loupe_project.adapters.search.columns import Mask
from loupe_project.adapters.search.row_ids import Halves
from loupe_project.adapters.search.view import View
from loupe_project.adapters.sql import image_sets

_MAX_SETS = 8
"""Sets that are kept in memory: 16 MB each when they have a million images."""


class ImageSets:
    """The sets that were asked for last. They never change, so that they are read once."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Halves, Halves]] = OrderedDict()

    async def masks(
        self, session: AsyncSession, project_id: str, set_ids: Iterable[str], view: View
    ) -> dict[str, Mask]:
        """Rows of each set, by its id: arrays (N,); no row of a set that is over or of another project."""
        found: dict[str, Mask] = {}
        for one in set_ids:
            if not await image_sets.is_there(session, project_id, one):
                found[one] = view.none()
                continue
            mask = view.masks.get(("set", one))
            if mask is None:
                high, low = await self._ids(session, one)
                mask = await asyncio.to_thread(_rows, view, high, low)
                view.keep(("set", one), mask)
            found[one] = mask
        return found

    async def _ids(self, session: AsyncSession, set_id: str) -> tuple[Halves, Halves]:
        known = self._known.get(set_id)
        if known is None:
            known = await asyncio.to_thread(_sorted, await image_sets.image_ids(session, set_id))
            self._known[set_id] = known
            while len(self._known) > _MAX_SETS:
                self._known.popitem(last=False)
        return known


def _sorted(image_ids: list[str]) -> tuple[Halves, Halves]:
    high, low = row_ids.halves(image_ids)
    order = np.lexsort((low, high))
    return high[order], low[order]


def _rows(view: View, high: Halves, low: Halves) -> Mask:
    """Rows of these images, also of what they were before they changed: `alive` takes those out."""
    places = row_ids.places(high, low, view.ids.high.values[: view.size], view.ids.low.values[: view.size])
    return np.asarray(places >= 0)
