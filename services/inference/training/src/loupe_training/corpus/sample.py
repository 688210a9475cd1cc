"""One image of the corpus with its truth, from a seed and a number."""

from dataclasses import dataclass

import numpy as np

from loupe_training.corpus import camera, fittings
from loupe_training.corpus import canvas as drawing
from loupe_training.corpus.canvas import Box, Canvas
from loupe_training.corpus.defects import DEFECTS
from loupe_training.corpus.surfaces import SURFACES

OK = "ok"
MISSING_PART = "missing-part"
LABELS = ("scratch", "dent", "stain", "crack", MISSING_PART, "contamination", "chip", "hole")
"""Kinds of defects, in the order of a detector's classes; a classifier has `OK` before them."""

LEAST_SIDE = 0.04
"""Boxes are at least this part of the image's longer side in both directions, as people draw them around thin lines."""

_MARGIN = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A file and what is on it."""

    file: bytes
    """PNG or JPEG."""
    width: int
    """In pixels."""
    height: int
    """In pixels."""
    surface: str
    """What it shows, a key of `SURFACES`."""
    boxes: tuple[Box, ...]
    """Where defects are, in pixels of this image."""
    labels: tuple[str, ...]
    """Their kinds."""

    @property
    def verdict(self) -> str | None:
        """The one kind of defect that it has, `OK` for none, None for several kinds."""
        kinds = set(self.labels)
        return OK if not kinds else kinds.pop() if len(kinds) == 1 else None


def render(seed: int, number: int) -> Sample:
    """Draw image `number` of the corpus `seed`; the same arguments give the same bytes."""
    rng = np.random.default_rng((seed, number))
    height, width = (int(side) for side in rng.integers(192, 449, 2))
    if rng.random() < 0.6:
        height = width
    surface = str(rng.choice(list(SURFACES)))
    canvas = Canvas(SURFACES[surface](rng, height, width), rng, float(rng.uniform(0, 2 * np.pi)))
    wanted = _wanted(canvas)
    boxes, labels = _furnish(canvas, surface, wanted)
    canvas.pixels = np.clip(canvas.pixels, 0, 1)
    for kind in wanted:
        if kind != MISSING_PART:
            _add_defect(canvas, kind, boxes, labels)
    seen = camera.photographed(camera.lit(canvas.pixels, rng), rng, colour=bool(rng.random() < 0.5))
    return Sample(camera.encoded(seen, rng), width, height, surface, tuple(boxes), tuple(labels))


def _wanted(canvas: Canvas) -> list[str]:
    """Kinds to draw: none in one of six images, else one to four, of one kind in four images of five."""
    rng = canvas.rng
    if rng.random() < 1 / 6:
        return []
    count = int(rng.choice([1, 2, 3, 4], p=[0.55, 0.25, 0.13, 0.07]))
    if rng.random() < 0.8:
        return [str(rng.choice(LABELS))] * count
    return [str(kind) for kind in rng.choice(LABELS, count)]


def _furnish(canvas: Canvas, surface: str, wanted: list[str]) -> tuple[list[Box], list[str]]:
    """Put what belongs there, and leave out what is wanted missing."""
    boxes: list[Box] = []
    labels: list[str] = []
    if "chip" in wanted or canvas.rng.random() < 0.2:
        fittings.put_edge(canvas)
    fittings.put_some(canvas, surface)
    missing = wanted.count(MISSING_PART)
    if missing or canvas.rng.random() < 0.22:
        for place in fittings.put_parts(canvas, missing):
            _keep(canvas, place, MISSING_PART, boxes, labels)
    return boxes, labels


def _add_defect(canvas: Canvas, kind: str, boxes: list[Box], labels: list[str]) -> None:
    """Draw one where it touches no other; give up after some tries."""
    for _ in range(6):
        before = canvas.pixels.copy()
        mask = DEFECTS[kind](canvas)
        box = mask.box() if mask is not None else None
        if box is not None and _keep(canvas, box, kind, boxes, labels):
            return
        canvas.pixels = before


def _keep(canvas: Canvas, box: Box, kind: str, boxes: list[Box], labels: list[str]) -> bool:
    """Note a defect, unless too little of it is inside the image or it touches another one."""
    fitted = _fitted(box, canvas.width, canvas.height)
    inside = drawing.clipped(box, canvas.width, canvas.height)
    if _area(inside) < 0.35 * _area(box) or any(drawing.overlap(fitted, other) > 0 for other in boxes):
        return False
    boxes.append(fitted)
    labels.append(kind)
    return True


def _fitted(box: Box, width: int, height: int) -> Box:
    """The box inside the image, with a margin and at least `LEAST_SIDE` long on each side."""
    x1, y1, x2, y2 = drawing.clipped(box, width, height)
    least = LEAST_SIDE * max(width, height)
    x1, x2 = _widened(x1 - _MARGIN, x2 + _MARGIN, least, width)
    y1, y2 = _widened(y1 - _MARGIN, y2 + _MARGIN, least, height)
    return x1, y1, x2, y2


def _widened(start: float, end: float, least: float, limit: int) -> tuple[float, float]:
    more = max(0.0, least - (end - start)) / 2
    start, end = max(0.0, start - more), min(float(limit), end + more)
    if end - start < least:
        start, end = (0.0, least) if start == 0 else (limit - least, float(limit))
    return start, end


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
