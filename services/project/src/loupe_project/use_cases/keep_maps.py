"""Background task that places images on the maps that are kept current, as their features come."""

from collections.abc import Sequence

import structlog

from loupe_kit.errors import LoupeError, Unavailable
from loupe_kit.periodic import PeriodicTask
from loupe_project.domain.analysis import Analysis
from loupe_project.domain.errors import FeaturesMissing
from loupe_project.domain.scope import Right
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.place_images import PlaceOnMap, check_placeable
from loupe_project.use_cases.scopes import Scopes

_log = structlog.get_logger("loupe.project.maps")

INTERVAL_SECONDS = 3.0
PIECE = 2_000
"""Images placed at a time: a second of work, so that maps take turns."""


class MapKeeper(PeriodicTask):
    """Looks every few seconds for images that wait for their place; the look costs one row of a small table.

    Args:
        stores: Makes transactions.
        scopes: What the one who keeps a map current may see by now.
        place: Places them.
        interval_seconds: How often it looks.
    """

    def __init__(
        self,
        stores: StoreFactory,
        scopes: Scopes,
        place: PlaceOnMap,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        super().__init__("map-keeper", interval_seconds)
        self._stores = stores
        self._scopes = scopes
        self._place = place
        self._last = ""

    async def place_once(self) -> bool:
        """Place some images on one map; whether any waited."""
        async with self._stores(read_only=True) as store:
            found = await store.placements.waiting(PIECE, self._last)
        if found is None:
            return False
        analysis, image_ids = found
        self._last = analysis.id
        await self._place_some(analysis, await self._matching(analysis, image_ids))
        async with self._stores() as store:
            await store.placements.done(analysis.id, image_ids)
            await store.commit()
        return True

    async def _matching(self, analysis: Analysis, image_ids: Sequence[str]) -> list[str]:
        """Those that the selection of the map finds, as whoever keeps it current may see them."""
        if analysis.keeper is None:
            return []
        scope = await self._scopes.again(analysis.keeper)
        try:
            check_placeable(analysis)
            async with self._stores(read_only=True) as store:
                project = await access.viewer(store, scope, analysis.project_id, Right.ANALYSE)
                named, query = analysis.selection.ids, analysis.selection.query.strip()
                if named is None and query:
                    wanted = set(await store.search.ids(scope, project, query))
                else:
                    some = image_ids if named is None else sorted(set(named) & set(image_ids))
                    wanted = await store.images.existing(scope, project.id, some)
        except LoupeError as error:
            _log.warning("map_not_kept_current", analysis=analysis.id, reason=error.reason)
            return []
        return [one for one in image_ids if one in wanted]

    async def _place_some(self, analysis: Analysis, image_ids: Sequence[str]) -> None:
        """Place them; where one of many cannot be placed, the others are."""
        if not image_ids:
            return
        try:
            await self._place(analysis, image_ids, analysis.creator, _unheard)
        except Unavailable:
            raise
        except FeaturesMissing:
            # Deleted meanwhile, or their features were.
            return
        except LoupeError as error:
            if len(image_ids) == 1:
                _log.warning("image_not_placed", analysis=analysis.id, image=image_ids[0], reason=error.reason)
                return
            half = len(image_ids) // 2
            await self._place_some(analysis, image_ids[:half])
            await self._place_some(analysis, image_ids[half:])

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        return await self.place_once()

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        if isinstance(error, Unavailable):
            _log.warning("images_not_placed_yet")
        else:
            _log.error("images_not_placed", exc_info=error)


async def _unheard(phase: str, fraction: float) -> None:
    """Nobody watches."""
