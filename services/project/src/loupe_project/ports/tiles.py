"""Cutting images into tiles, and drawing these."""

from pathlib import Path
from typing import Protocol

from loupe_project.domain.tiles import Values, Window


class TileCutter(Protocol):
    """Cuts images."""

    async def cut(self, source: Path, image_format: str, target: Path) -> None:
        """Write the pyramid of an image; cancelling ends the work at once.

        Args:
            source: An image that was taken in.
            image_format: Its format, as in "PNG".
            target: File that is made; what is in it counts only if this returns.

        Raises:
            Exception: Of any kind, if its pixels cannot be decoded although it was taken in.
        """
        ...


class TileRenderer(Protocol):
    """Draws tiles."""

    def render(self, tile: bytes, values: Values, window: Window) -> bytes:
        """A PNG of 8 bits, drawn in the calling thread; alpha stays as it is.

        Args:
            tile: As the cutter wrote it.
            values: What the image's values mean.
            window: What is shown of them.
        """
        ...
