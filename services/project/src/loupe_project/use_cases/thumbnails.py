"""Thumbnails: those of large images are made when they arrive, the others when somebody first looks."""

import asyncio

import structlog

from loupe_kit.objects import ObjectStore
from loupe_project.domain.image import Image
from loupe_project.domain.intake.errors import ImageDamaged
from loupe_project.ports.thumbnails import ThumbnailMaker

_log = structlog.get_logger("loupe.project.thumbnails")


class Thumbnails:
    """Finds thumbnails, and makes those that are not there yet.

    Args:
        objects: Where images and thumbnails are.
        maker: Draws them.
        at_once: Most that are drawn at a time; a page of images asks for dozens.
    """

    def __init__(self, objects: ObjectStore, maker: ThumbnailMaker, at_once: int = 2) -> None:
        self._objects = objects
        self._maker = maker
        self._places = asyncio.Semaphore(at_once)

    async def ensure(self, image: Image) -> str:
        """Returns the key of the thumbnail's object, which is there then.

        Raises:
            ImageDamaged: If the pixels of the image cannot be decoded.
        """
        if await self._objects.exists(image.thumbnail_key):
            return image.thumbnail_key
        async with self._places:
            # Whoever waited may find that another request has drawn it meanwhile.
            if not await self._objects.exists(image.thumbnail_key):
                await self._draw(image)
        return image.thumbnail_key

    async def _draw(self, image: Image) -> None:
        content = await self._objects.read(image.object_key)
        try:
            drawn = await asyncio.to_thread(self._maker.make, content)
        except Exception as error:
            _log.warning("thumbnail_failed", image=image.id, error=str(error)[:200])
            raise ImageDamaged(
                f"The pixels of {image.file_name!r} cannot be decoded, so it has no small picture.",
                file_name=image.file_name,
            ) from error
        await self._objects.put_bytes(image.thumbnail_key, drawn, "image/jpeg")
        if not await self._objects.exists(image.object_key):
            # It was deleted for good meanwhile, and nothing would ever delete its thumbnail.
            await self._objects.delete(image.thumbnail_key)
