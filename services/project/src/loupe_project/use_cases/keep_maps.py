"""Background task that places images on the maps that are kept current, as their features come."""

import asyncio
from collections.abc import Sequence

import structlog

from loupe_kit.errors import LoupeError, Unavailable
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


class MapKeeper:
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
        self._stores = stores
        self._scopes = scopes
        self._place = place
        self._interval_seconds = interval_seconds
        self._last = ""
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="map-keeper")

    async def stop(self) -> None:
        """Look no more; what waits is placed after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

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

    async def _run(self) -> None:
        while True:
            is_busy = False
            try:
                is_busy = await self.place_once()
            except Unavailable:
                _log.warning("images_not_placed_yet")
            except Exception:  # noqa: BLE001 - a service that is away for a moment must not end the task
                _log.exception("images_not_placed")
            if not is_busy:
                await asyncio.sleep(self._interval_seconds)


async def _unheard(phase: str, fraction: float) -> None:
    """Nobody watches."""
