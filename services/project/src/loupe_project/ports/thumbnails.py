"""Small pictures of images."""

from typing import Protocol


class ThumbnailMaker(Protocol):
    """Draws images small."""

    def make(self, content: bytes) -> bytes:
        """A JPEG of at most 256 pixels a side, drawn in the calling thread.

        Args:
            content: The bytes of an image that was taken in.

        Raises:
            Exception: Of any kind, if its pixels cannot be decoded although it was taken in.
        """
        ...
