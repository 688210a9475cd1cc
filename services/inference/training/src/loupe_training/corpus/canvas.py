"""What is drawn on: pixels with light, and what has been put where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from loupe_training.corpus.noise import Field, Rng

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels, origin top left; x2 and y2 are the first column and row outside."""
Colour = npt.NDArray[np.floating[Any]]
"""Three values in [0, 1], RGB."""
Points = Sequence[tuple[float, float]]
"""x, y in pixels."""

OVERSAMPLING = 3


@dataclass(eq=False)
class Canvas:
    """One image while it is drawn."""

    pixels: npt.NDArray[np.float32]
    """(H, W, 3), RGB, about [0, 1]."""
    rng: Rng
    """Source of all randomness of this image."""
    light: float
    """Direction that light comes from, radians."""
    edge: tuple[Points, Colour] | None = None
    """The border of the part, if the image shows one: its points, and the colour of what is behind."""
    fixed: list[Box] = field(default_factory=list)
    """Where fittings are: chips and missing parts may be there, other defects keep off their centres."""

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def scale(self) -> float:
        """Pixels per unit of drawing: 1 for an image of 256 pixels."""
        return max(self.height, self.width) / 256

    def shows_part(self, x: float, y: float) -> bool:
        """Whether the part is seen at a point, not what is behind its border."""
        if self.edge is None:
            return True
        row, column = min(max(int(y), 0), self.height - 1), min(max(int(x), 0), self.width - 1)
        return bool(np.abs(self.pixels[row, column] - self.edge[1]).max() > 0.08)

    def spread(self, box: Box) -> float:
        """Standard deviation of brightness inside a box: how rough it is there."""
        x1, y1, x2, y2 = clipped(box, self.width, self.height)
        patch = self.pixels[int(y1) : max(int(y2), int(y1) + 2), int(x1) : max(int(x2), int(x1) + 2)]
        return float(patch.mean(axis=2).std()) if patch.size else 0.0

    def tone(self, box: Box) -> Colour:
        """Mean colour inside a box."""
        x1, y1, x2, y2 = clipped(box, self.width, self.height)
        patch = self.pixels[int(y1) : max(int(y2), int(y1) + 2), int(x1) : max(int(x2), int(x1) + 2)]
        return np.asarray(patch.reshape(-1, 3).mean(axis=0), np.float32)

    def blend(self, mask: "Mask", colour: Colour | Field, strength: float = 1.0) -> None:
        """Cover with a colour (3,), or one per pixel (h, w, 3), where the mask is."""
        view, part = self._window(mask)
        paint = colour if colour.ndim == 1 else self._cut(colour, mask)
        weight = (part * strength)[..., None]
        view += (paint - view) * weight

    def lighten(self, mask: "Mask", amount: float | Field) -> None:
        """Add brightness where the mask is: one amount, or one per pixel of the mask (h, w)."""
        view, part = self._window(mask)
        more = amount if isinstance(amount, float) else self._cut(amount, mask)
        view += (part * more)[..., None]

    def _window(self, mask: "Mask") -> tuple[npt.NDArray[np.float32], Field]:
        rows, columns = mask.values.shape
        top, left = max(mask.top, 0), max(mask.left, 0)
        bottom = max(min(mask.top + rows, self.height), top)
        right = max(min(mask.left + columns, self.width), left)
        return self.pixels[top:bottom, left:right], self._cut(mask.values, mask)

    def _cut(self, values: Field, mask: "Mask") -> Field:
        rows, columns = mask.values.shape
        top, left = max(-mask.top, 0), max(-mask.left, 0)
        bottom = max(min(rows, self.height - mask.top), top)
        right = max(min(columns, self.width - mask.left), left)
        return values[top:bottom, left:right]


@dataclass(frozen=True, eq=False)
class Mask:
    """A drawn shape: how much of each pixel it covers."""

    values: Field
    """(h, w), [0, 1]."""
    top: int
    """Row of its first row in the image; may be outside."""
    left: int
    """Column of its first column in the image; may be outside."""

    def box(self, threshold: float = 0.25) -> Box | None:
        """Bounds of what covers at least `threshold`, or None if nothing does."""
        covered = self.values >= threshold
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        if not rows.size:
            return None
        x1, y1 = self.left + int(columns[0]), self.top + int(rows[0])
        return x1, y1, self.left + int(columns[-1]) + 1, self.top + int(rows[-1]) + 1

    def shifted(self, right: float, down: float) -> "Mask":
        """The same shape elsewhere, by whole pixels."""
        return Mask(self.values, self.top + round(down), self.left + round(right))


def polygon(points: Points) -> Mask:
    """A filled shape."""
    drawn, draw, place = _sheet(points, 1)
    draw.polygon(place(points), fill=255)
    return _mask(drawn, points, 1)


def strokes(paths: Sequence[tuple[Points, Sequence[float] | Field]]) -> Mask:
    """Lines, each with a width at every point, in pixels."""
    everything = [point for points, _ in paths for point in points]
    margin = int(max(max(widths) for _, widths in paths)) + 2
    drawn, draw, place = _sheet(everything, margin)
    for points, widths in paths:
        placed = place(points)
        for at, width in zip(range(len(placed) - 1), widths, strict=False):
            pen = max(1, round(width * OVERSAMPLING))
            draw.line([placed[at], placed[at + 1]], fill=255, width=pen)
            if pen > OVERSAMPLING:
                (x, y), half = placed[at + 1], pen / 2
                draw.ellipse((x - half, y - half, x + half, y + half), fill=255)
    return _mask(drawn, everything, margin)


def ellipse(x: float, y: float, across: float, down: float, turn: float = 0.0) -> Mask:
    """A filled ellipse around (x, y) with these half axes, in pixels, turned by radians."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    right, below = across * np.cos(angles), down * np.sin(angles)
    cosine, sine = np.cos(turn), np.sin(turn)
    return polygon(list(zip(x + right * cosine - below * sine, y + right * sine + below * cosine, strict=True)))


def clipped(box: Box, width: int, height: int) -> Box:
    """The part of a box inside the image."""
    x1, y1, x2, y2 = box
    return min(max(x1, 0), width), min(max(y1, 0), height), min(max(x2, 0), width), min(max(y2, 0), height)


def overlap(one: Box, other: Box) -> float:
    """Area that two boxes share, in square pixels."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0.0) * max(down, 0.0)


def _origin(points: Points, margin: int) -> tuple[int, int]:
    return int(min(x for x, _ in points)) - margin - 1, int(min(y for _, y in points)) - margin - 1


def _sheet(points: Points, margin: int) -> tuple[Image.Image, ImageDraw.ImageDraw, "_Place"]:
    left, top = _origin(points, margin)
    width = int(max(x for x, _ in points)) + margin + 2 - left
    height = int(max(y for _, y in points)) + margin + 2 - top
    drawn = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING))
    return drawn, ImageDraw.Draw(drawn), _Place(left, top)


@dataclass(frozen=True)
class _Place:
    left: int
    top: int

    def __call__(self, points: Points) -> list[tuple[float, float]]:
        return [((x - self.left) * OVERSAMPLING, (y - self.top) * OVERSAMPLING) for x, y in points]


def _mask(drawn: Image.Image, points: Points, margin: int) -> Mask:
    left, top = _origin(points, margin)
    values = np.asarray(drawn.reduce(OVERSAMPLING), np.float32) / 255
    return Mask(values, top, left)
