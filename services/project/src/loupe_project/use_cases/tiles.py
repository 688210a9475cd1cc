"""Tiles: an image is cut when somebody first looks at its values, or looks at one that a browser cannot show whole."""

import asyncio
import tempfile
from collections import OrderedDict
from pathlib import Path

import structlog

from loupe_kit.errors import FieldViolation, InvalidArgument, LoupeError
from loupe_kit.objects import ObjectNotFound, ObjectStore
from loupe_project.domain import keys, tiles
from loupe_project.domain.image import Image
from loupe_project.domain.intake.errors import ImageDamaged
from loupe_project.domain.tiles import Pyramid, Window
from loupe_project.ports.tiles import TileCutter, TileRenderer

_log = structlog.get_logger("loupe.project.tiles")

PLAIN_PIXELS = 32_000_000
"""Images of more are shown by tiles: browsers need four bytes for each pixel, and some refuse."""
LINGER_SECONDS = 5.0
"""How long an image is cut on after the last one who waited has gone; he may only be asking again."""
_PLAIN_FORMATS = frozenset({"PNG", "JPEG", "BMP", "WEBP"})
_TOLD_BY_HEAD = frozenset({"PNG", "WEBP"})
_HEAD_BYTES = 25
_WEBP_HAS_EXIF = 0x08
_PYRAMIDS_KNOWN = 64


class Tiles:
    """Finds tiles, and has images cut that have none yet: one at a time, each for all who wait for it.

    Args:
        objects: Where images and pyramids are.
        cutter: Cuts.
        renderer: Draws tiles for windows of values.
        folder: For files that are being made; made if it is not there.
        linger_seconds: See `LINGER_SECONDS`.
        drawn_at_once: Most tiles that are drawn at a time.
    """

    def __init__(
        self,
        objects: ObjectStore,
        cutter: TileCutter,
        renderer: TileRenderer,
        folder: Path,
        *,
        linger_seconds: float = LINGER_SECONDS,
        drawn_at_once: int = 2,
    ) -> None:
        self._objects = objects
        self._cutter = cutter
        self._renderer = renderer
        self._folder = folder
        self._linger_seconds = linger_seconds
        self._cuts: dict[str, _Cut] = {}
        self._cutting = asyncio.Semaphore(1)
        self._drawing = asyncio.Semaphore(drawn_at_once)
        self._known: OrderedDict[str, Pyramid] = OrderedDict()

    async def stop(self) -> None:
        """End what is being cut."""
        running = [cut.task for cut in self._cuts.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def is_plain(self, image: Image) -> bool:
        """Whether a browser shows the file as it is: 8 bits a value, a format it knows, few enough pixels, upright."""
        if image.format not in _PLAIN_FORMATS or image.width * image.height > PLAIN_PIXELS:
            return False
        if image.format not in _TOLD_BY_HEAD:
            return True
        head = b"".join([chunk async for chunk in self._objects.open(image.object_key, 0, _HEAD_BYTES)])
        if image.format == "WEBP":
            # Chromium turns a JPEG and a PNG as their EXIF says, but no WebP.
            return head[12:16] != b"VP8X" or not head[20] & _WEBP_HAS_EXIF
        return head[-1] <= 8

    async def pyramid(self, image: Image) -> Pyramid:
        """What is known of an image's values and tiles; the image is cut if it was not yet.

        Cancelling ends the work, a while later, if nobody else waits for it.

        Raises:
            ImageDamaged: If its pixels cannot be decoded.
        """
        key = _key(image)
        if key not in self._known:
            if not await self._objects.exists(key):
                await self._ensure_cut(image, key)
            size = tiles.head_bytes(image.width, image.height)
            head = b"".join([chunk async for chunk in self._objects.open(key, 0, size)])
            self._known[key] = tiles.unpack(head)
            if len(self._known) > _PYRAMIDS_KNOWN:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    async def tile(self, image: Image, level: int, column: int, row: int, window: Window | None) -> bytes:
        """A tile as a PNG of 8 bits a value.

        Args:
            image: Of which.
            level: 0 is the full size, each further one half of the one before.
            column: From the left, at 0.
            row: From the top, at 0.
            window: Values to show; None: the usual ones.

        Raises:
            InvalidArgument: If there is no such tile.
            ImageDamaged: If the image's pixels cannot be decoded.
        """
        number = _number(image, level, column, row)
        pyramid = await self.pyramid(image)
        offset, length = pyramid.places[number]
        try:
            kept = b"".join([chunk async for chunk in self._objects.open(_key(image), offset, length)])
        except ObjectNotFound:
            self._known.pop(_key(image), None)
            raise
        if window is None and pyramid.values.bits == 8:
            return kept
        async with self._drawing:
            wanted = window or pyramid.values.usual
            return await asyncio.to_thread(self._renderer.render, kept, pyramid.values, wanted)

    async def _ensure_cut(self, image: Image, key: str) -> None:
        """Wait until an image is cut, together with all others who do."""
        cut = self._cuts.get(key)
        if cut is None:
            cut = self._cuts[key] = _Cut(asyncio.create_task(self._cut(image, key), name="tiles"))
            cut.task.add_done_callback(lambda task: self._ended(key, task))
        cut.waiting += 1
        try:
            await asyncio.shield(cut.task)
        finally:
            cut.waiting -= 1
            if not cut.waiting and not cut.task.done():
                asyncio.get_running_loop().call_later(self._linger_seconds, self._end_if_left, key, cut)

    def _end_if_left(self, key: str, cut: "_Cut") -> None:
        if cut.waiting or self._cuts.get(key) is not cut:
            return
        # Whoever comes now begins anew.
        del self._cuts[key]
        cut.task.cancel()

    def _ended(self, key: str, task: "asyncio.Task[None]") -> None:
        if key in self._cuts and self._cuts[key].task is task:
            del self._cuts[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("image_not_cut", key=key, error=str(error)[:200])

    async def _cut(self, image: Image, key: str) -> None:
        async with self._cutting:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
                source = await self._fetched(image, Path(folder))
                target = Path(folder) / "pyramid"
                try:
                    await self._cutter.cut(source, image.format, target)
                except LoupeError:
                    raise
                except Exception as error:
                    raise ImageDamaged(
                        f"The pixels of {image.file_name!r} cannot be decoded, so it has no tiles.",
                        file_name=image.file_name,
                    ) from error
                await self._objects.put_file(key, target)
        if not await self._objects.exists(image.object_key):
            # It was deleted for good meanwhile, and nothing would ever delete its tiles.
            await self._objects.delete(key)

    async def _fetched(self, image: Image, folder: Path) -> Path:
        local = self._objects.local_path(image.object_key)
        if local is not None:
            return local
        copy = folder / "image"
        with copy.open("wb") as file:
            async for chunk in self._objects.open(image.object_key):
                file.write(chunk)
        return copy


class _Cut:
    """An image that is being cut."""

    def __init__(self, task: "asyncio.Task[None]") -> None:
        self.task = task
        self.waiting = 0


def _key(image: Image) -> str:
    return keys.tiles(*keys.origin(image.object_key))


def _number(image: Image, level: int, column: int, row: int) -> int:
    levels = tiles.levels_of(image.width, image.height)
    if not 0 <= level < len(levels):
        raise _no_tile("level", f"between 0 and {len(levels) - 1}")
    found = levels[level]
    for name, value, end in (("column", column, found.columns), ("row", row, found.rows)):
        if not 0 <= value < end:
            raise _no_tile(name, f"between 0 and {end - 1} at level {level}")
    return found.number(column, row)


def _no_tile(field: str, allowed: str) -> InvalidArgument:
    return InvalidArgument(f"There is no such tile: {field} is {allowed}.", fields=[FieldViolation(field, allowed)])
