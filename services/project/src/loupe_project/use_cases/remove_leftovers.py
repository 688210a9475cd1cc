"""The remover: takes away what is left of images that are gone from SQL, again and again until it worked."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from loupe_kit.errors import LoupeError
from loupe_kit.objects import ObjectStore
from loupe_kit.periodic import PeriodicTask
from loupe_project.domain import keys
from loupe_project.domain.job import Removal
from loupe_project.ports.inference import FeatureRemover
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.signal import Bell

_log = structlog.get_logger("loupe.project.remover")

_BATCH = 5_000
"""Images at a time: maps and exports of their projects are looked through for all of them together."""


class LeftoverRemover(PeriodicTask):
    """Background task of the project service.

    Args:
        stores: Makes transactions.
        objects: Where the bytes are.
        features: Where the features are.
        forget: Takes images out of what was made of many of them.
        empty_log: Has the database throw away what its log still holds of what was deleted; False: not now.
        bell: Rung when something was deleted.
        pause: How long it waits when there is nothing, or when a store does not answer.
    """

    def __init__(
        self,
        stores: StoreFactory,
        objects: ObjectStore,
        features: FeatureRemover,
        forget: Callable[[str, Sequence[str]], Awaitable[None]],
        empty_log: Callable[[], Awaitable[bool]],
        bell: Bell,
        *,
        pause: timedelta = timedelta(seconds=30),
    ) -> None:
        super().__init__("leftover-remover", pause.total_seconds())
        self._stores = stores
        self._objects = objects
        self._features = features
        self._forget = forget
        self._empty_log = empty_log
        self._is_log_empty = False
        self._bell = bell

    async def remove_once(self) -> int:
        """Remove one batch; how many leftovers there were."""
        async with self._stores(read_only=True) as store:
            leftovers = await store.removals.oldest(_BATCH)
        if not leftovers:
            self._is_log_empty = self._is_log_empty or await self._empty_log()
            return 0
        self._is_log_empty = False
        by_project: dict[str, list[Removal]] = defaultdict(list)
        for one in leftovers:
            by_project[one.project_id].append(one)
        for project_id, some in by_project.items():
            await self._remove(project_id, some)
        async with self._stores() as store:
            await store.removals.done([one.id for one in leftovers])
            await store.commit()
        return len(leftovers)

    async def _remove(self, project_id: str, some: Sequence[Removal]) -> None:
        of_images = {one.image_id: one.object_key for one in some if one.image_id is not None}
        if len(of_images) < len(some):
            await self._features.remove(project_id, [])
            await self._remove_folder(project_id)
        else:
            await self._features.remove(project_id, list(of_images))
            await self._forget(project_id, list(of_images))
        await self._remove_bytes([key or keys.image(project_id, image_id) for image_id, key in of_images.items()])

    async def _remove_folder(self, project_id: str) -> None:
        """All objects of a project, but those that copies of its images in other projects need."""
        async with self._stores(read_only=True) as store:
            kept = await store.removals.shared_with_others(project_id)
        kept |= {made for key in kept for made in _made_of(key)}
        async for key in self._objects.list(keys.project_prefix(project_id)):
            if key not in kept:
                await self._objects.delete(key)

    async def _remove_bytes(self, object_keys: Sequence[str]) -> None:
        """Bytes and what was made of them, but those that another image shares; nobody begins to once all are gone."""
        async with self._stores(read_only=True) as store:
            needed = await store.removals.needed(object_keys)
        for key in object_keys:
            if key not in needed:
                await self._objects.delete(key)
                for made in _made_of(key):
                    await self._objects.delete(made)

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        return bool(await self.remove_once())

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        if isinstance(error, LoupeError):
            _log.warning("removal_postponed", reason=error.reason, message=error.message)
        else:
            _log.error("removal_failed", exc_info=error)

    async def rest(self, seconds: float) -> None:
        """See `PeriodicTask`."""
        await self._bell.wait(seconds)


def _made_of(object_key: str) -> tuple[str, str]:
    """Keys of what is made of the bytes of an image when somebody looks at it."""
    origin = keys.origin(object_key)
    return keys.thumbnail(*origin), keys.tiles(*origin)
