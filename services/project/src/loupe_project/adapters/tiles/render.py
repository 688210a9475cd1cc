"""Draws tiles for a window of values."""

import numpy as np
from numpy.typing import NDArray

from loupe_project.adapters.tiles import png
from loupe_project.domain.tiles import Values, Window


class PngRenderer:
    """See `ports.tiles.TileRenderer`."""

    def render(self, tile: bytes, values: Values, window: Window) -> bytes:
        """See the port."""
        pixels = png.decode(tile)
        if pixels.dtype == np.uint8 and window == values.usual:
            return tile
        table = shades(65_536 if pixels.dtype == np.uint16 else 256, values, window)
        drawn = table[pixels]
        if pixels.shape[2] in (2, 4):
            alpha = pixels[:, :, -1]
            drawn[:, :, -1] = alpha if alpha.dtype == np.uint8 else (alpha >> 8).astype(np.uint8)
        return png.encode(drawn)


def shades(count: int, values: Values, window: Window) -> NDArray[np.uint8]:
    """What each kept value is drawn as: array (count,), uint8."""
    meant = values.offset + values.step * np.arange(count)
    drawn: NDArray[np.uint8] = np.clip(
        np.rint((meant - window.low) * 255.0 / (window.high - window.low)), 0, 255
    ).astype(np.uint8)
    return drawn
