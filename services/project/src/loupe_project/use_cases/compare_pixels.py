"""Which images of groups that look alike to a model really show the same: their pixels are compared."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from loupe_kit.errors import NotFound
from loupe_kit.objects import ObjectStore
from loupe_project.domain.curation import Duplicate
from loupe_project.domain.image import Image
from loupe_project.domain.likeness import Fingerprint, twins
from loupe_project.domain.scope import Scope
from loupe_project.ports.curation import PixelReader
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory

_log = structlog.get_logger("loupe.project.curation")

MAX_GROUP = 5_000
"""Images of one group that are compared with each other; the rest of a larger one is compared among itself."""


@dataclass(frozen=True, slots=True)
class ComparePixels:
    """Reads images and compares them."""

    stores: StoreFactory
    objects: ObjectStore
    reader: PixelReader
    at_once: int = 2
    """Images that are decoded at a time."""

    async def __call__(
        self, scope: Scope, project_id: str, groups: Sequence[Sequence[str]], progress: ProgressSink
    ) -> list[Duplicate]:
        """Duplicates within each of the groups.

        Args:
            scope: Of who asks.
            project_id: Whose images they are.
            groups: Ids of images.
            progress: Told how many images were read.
        """
        parts = [group[start : start + MAX_GROUP] for group in groups for start in range(0, len(group), MAX_GROUP)]
        total, done = sum(map(len, parts)), 0
        found: list[Duplicate] = []
        for part in parts:
            await progress.report(phase="pixels", done=done, total=total, fraction=0.5 + 0.5 * done / total)
            async with self.stores(read_only=True) as store:
                images = [one.image for one in await store.images.details(scope, project_id, part)]
            known = await self._fingerprints(images)
            same = await asyncio.to_thread(twins, known)
            found += [Duplicate(one.image_id, one.keeper_id, one.is_exact, one.difference) for one in same]
            done += len(part)
        return found

    async def _fingerprints(self, images: Sequence[Image]) -> list[tuple[str, Fingerprint]]:
        places = asyncio.Semaphore(self.at_once)

        async def read(image: Image) -> tuple[str, Fingerprint] | None:
            async with places:
                try:
                    content = await self.objects.read(image.object_key)
                    return image.id, await asyncio.to_thread(self.reader.fingerprint, content)
                except NotFound:
                    # It was deleted since.
                    return None
                except Exception as error:  # noqa: BLE001 - whatever a decoder raises costs this image alone
                    _log.warning("pixels_not_read", image=image.id, error=str(error)[:200])
                    return None

        return [one for one in await asyncio.gather(*map(read, images)) if one is not None]
