"""What belongs on a surface and is no defect: parts in rows, traces, screws, seams, print, the part's border."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from loupe_training.corpus import canvas as drawing
from loupe_training.corpus.canvas import Box, Canvas, Colour, Mask

_TINTS = np.array([[1, 1, 1], [1.08, 0.95, 0.6], [1.05, 0.85, 0.75], [0.9, 1, 1.1]])
"""Of parts: plain, brass, copper, zinc."""


def put_some(canvas: Canvas, surface: str) -> None:
    """Put what one may meet on such a surface."""
    rng = canvas.rng
    if surface == "board":
        _traces(canvas)
    for chance, put in ((0.2, _seam), (0.15, _screw), (0.15, _print), (0.08, _sticker), (0.1, _drilled)):
        if rng.random() < chance:
            put(canvas)


def put_edge(canvas: Canvas) -> None:
    """Let the part end inside the image: a straight or bent border with something else behind it."""
    rng = canvas.rng
    behind = np.full(3, rng.choice([rng.uniform(0.0, 0.12), rng.uniform(0.5, 0.98)]), np.float32)
    if abs(float(behind.mean() - canvas.pixels.mean())) < 0.15:
        behind = np.full(3, 0.02 if canvas.pixels.mean() > 0.3 else 0.95, np.float32)
    depth = rng.uniform(0.06, 0.3)
    along = np.linspace(-0.1, 1.1, 24)
    bend = rng.uniform(-0.25, 0.25) * (along - 0.5) ** 2 + rng.uniform(-0.12, 0.12) * (along - 0.5)
    inside = depth + bend
    side = rng.integers(4)
    x, y = (along, inside) if side < 2 else (inside, along)
    if side % 2:
        x, y = (x, 1 - y) if side < 2 else (1 - x, y)
    points = list(zip(x * canvas.width, y * canvas.height, strict=True))
    far = -0.2 if side % 2 == 0 else 1.2
    corners = [(1.1, far), (-0.1, far)] if side < 2 else [(far, 1.1), (far, -0.1)]
    outside = [(a * canvas.width, b * canvas.height) for a, b in corners]
    canvas.blend(drawing.polygon(points + outside), behind)
    rim = drawing.strokes([(points, [rng.uniform(0.8, 2.5) * canvas.scale] * len(points))])
    canvas.lighten(rim, float(rng.uniform(-0.15, 0.2)))
    canvas.edge = points, behind


def put_parts(canvas: Canvas, missing: int) -> list[Box]:
    """Put equal parts in a grid or a ring, and leave out some.

    Args:
        canvas: Where to.
        missing: How many to leave out.

    Returns:
        The places left out.
    """
    rng = canvas.rng
    every, reach = _ring(canvas) if rng.random() < 0.25 else _grid(canvas)
    places = [place for place in every if canvas.shows_part(*place)]
    part = _part(canvas, reach)
    # Three of four stay, or nobody could say what is missing where.
    gaps = set(rng.choice(len(places), min(missing, len(places) // 4), replace=False).tolist()) if places else set()
    footprint = rng.choice(3)
    left_out = []
    for at, (x, y) in enumerate(places):
        box = (x - reach, y - reach, x + reach, y + reach)
        canvas.fixed.append(box)
        if at in gaps:
            left_out.append(box)
            _footprint(canvas, x, y, reach, int(footprint))
        else:
            jitter = rng.normal(0, 0.02 * reach, 2)
            for mask, colour in part:
                canvas.blend(mask.shifted(x + jitter[0], y + jitter[1]), colour)
    return left_out


def _grid(canvas: Canvas) -> tuple[list[tuple[float, float]], float]:
    rng = canvas.rng
    columns, rows = int(rng.integers(2, 7)), int(rng.integers(1, 6))
    if rows * columns < 5:
        rows = 3
    step = min(canvas.width / (columns + 0.3), canvas.height / (rows + 0.3)) * rng.uniform(0.6, 1)
    left = rng.uniform(0.15 * step, canvas.width - (columns - 0.15) * step)
    top = rng.uniform(0.15 * step, canvas.height - (rows - 0.15) * step)
    places = [(left + (c + 0.35) * step, top + (r + 0.35) * step) for r in range(rows) for c in range(columns)]
    return places, float(step * rng.uniform(0.2, 0.38))


def _ring(canvas: Canvas) -> tuple[list[tuple[float, float]], float]:
    rng = canvas.rng
    radius = min(canvas.width, canvas.height) * rng.uniform(0.22, 0.38)
    count = int(rng.integers(5, 12))
    x = rng.uniform(radius * 1.3, canvas.width - radius * 1.3)
    y = rng.uniform(radius * 1.3, canvas.height - radius * 1.3)
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(0, 1)
    reach = min(2 * np.pi * radius / count * 0.32, radius * 0.28) * rng.uniform(0.7, 1)
    return [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles], float(reach)


def _part(canvas: Canvas, reach: float) -> list[tuple[Mask, Colour]]:
    """One part around (0, 0) as layers of shape and colour."""
    rng = canvas.rng
    colour = _contrasting(canvas)
    lighter, darker = np.clip(colour * 1.3 + 0.06, 0, 1), colour * 0.6
    kind = rng.integers(4)
    shadow = drawing.ellipse(reach * 0.12, reach * 0.12, reach, reach)
    if kind == 0:  # a screw or rivet
        turn = rng.uniform(0, np.pi)
        slot = (np.cos(turn) * reach * 0.6, np.sin(turn) * reach * 0.6)
        cross = drawing.strokes([([(-slot[0], -slot[1]), slot], [reach * 0.2] * 2)])
        return [
            (shadow, darker * 0.5),
            (drawing.ellipse(0, 0, reach, reach), colour),
            (drawing.ellipse(-reach * 0.1, -reach * 0.1, reach * 0.8, reach * 0.8), lighter),
            (cross, darker),
        ]
    if kind == 1:  # a chip or terminal
        tall = rng.uniform(0.5, 1) * reach
        ends = [(_rectangle(side * reach * 0.8, 0, reach * 0.2, tall), lighter) for side in (-1, 1)]
        return [(_rectangle(0, 0, reach, tall), colour), *ends]
    if kind == 2:  # a solder ball or pill
        dot = drawing.ellipse(-reach * 0.3, -reach * 0.3, reach * 0.3, reach * 0.3)
        return [(shadow, darker * 0.6), (drawing.ellipse(0, 0, reach, reach), colour), (dot, lighter)]
    ring = drawing.ellipse(0, 0, reach * 0.5, reach * 0.5)  # an eyelet
    return [(drawing.ellipse(0, 0, reach, reach), colour), (ring, darker * 0.4)]


def _footprint(canvas: Canvas, x: float, y: float, reach: float, kind: int) -> None:
    """What shows where a part should be: nothing, a faint outline, or an empty seat."""
    if kind == 1:
        canvas.lighten(drawing.ellipse(x, y, reach * 0.9, reach * 0.9), float(canvas.rng.uniform(-0.1, 0.1)))
    elif kind == 2:
        canvas.lighten(drawing.ellipse(x, y, reach * 0.6, reach * 0.6), -0.12)
        canvas.lighten(drawing.ellipse(x, y, reach * 0.4, reach * 0.4), 0.08)


def _rectangle(x: float, y: float, across: float, down: float) -> Mask:
    return drawing.polygon(
        [(x - across, y - down), (x + across, y - down), (x + across, y + down), (x - across, y + down)]
    )


def _contrasting(canvas: Canvas) -> Colour:
    """A colour that shows on this surface."""
    ground = float(canvas.pixels.mean())
    bright = ground < 0.35 or (ground < 0.6 and canvas.rng.random() < 0.5)
    level = canvas.rng.uniform(ground + 0.2, 0.95) if bright else canvas.rng.uniform(0.03, ground - 0.2)
    tint = canvas.rng.choice(_TINTS)
    colour: Colour = np.clip(level * tint, 0, 1).astype(np.float32)
    return colour


def _traces(canvas: Canvas) -> None:
    rng = canvas.rng
    tone = np.clip(canvas.pixels.mean(axis=(0, 1)) * rng.uniform(1.25, 1.7) + 0.02, 0, 1).astype(np.float32)
    gold = np.array([0.8, 0.68, 0.35], np.float32) * np.float32(rng.uniform(0.8, 1.15))
    pitch, wide = rng.uniform(8, 18) * canvas.scale, rng.uniform(1.5, 4) * canvas.scale
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
        bend, turn = rng.uniform(20, 90) * canvas.scale, int(rng.integers(2))
        paths = []
        for lane in range(int(rng.integers(2, 8))):
            a, b = x + lane * pitch, y + lane * pitch * 0.4
            points = [(a, -20.0), (a, b), (a + bend, b + bend), (a + bend, canvas.height + 20.0)]
            paths.append(([(q, p) for p, q in points] if turn else points, [wide] * 4))
        canvas.blend(drawing.strokes(paths), tone, 0.8)
    for _ in range(int(rng.integers(0, 14))):
        x, y, reach = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height), rng.uniform(3, 6) * canvas.scale
        canvas.blend(drawing.ellipse(x, y, reach, reach), gold)
        canvas.blend(drawing.ellipse(x, y, reach * 0.45, reach * 0.45), gold * 0.15)
        canvas.fixed.append((x - reach, y - reach, x + reach, y + reach))


def _seam(canvas: Canvas) -> None:
    """A joint, bend or weld from border to border."""
    rng = canvas.rng
    at, lean = rng.uniform(0.1, 0.9), rng.normal(0, 0.03)
    ends = [(-0.05, at - lean), (1.05, at + lean)]
    points = [((b, a) if rng_side else (a, b)) for rng_side in [rng.random() < 0.5] for a, b in ends]
    points = [(x * canvas.width, y * canvas.height) for x, y in points]
    wide = rng.uniform(1.5, 7) * canvas.scale
    canvas.lighten(drawing.strokes([(points, [wide] * 2)]), float(rng.uniform(-0.22, -0.08)))
    beside = [(x + wide * 0.6, y + wide * 0.6) for x, y in points]
    canvas.lighten(drawing.strokes([(beside, [wide * 0.4] * 2)]), float(rng.uniform(0, 0.15)))


def _screw(canvas: Canvas) -> None:
    rng = canvas.rng
    reach = rng.uniform(7, 22) * canvas.scale
    x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
    for mask, colour in _part(canvas, reach):
        canvas.blend(mask.shifted(x, y), colour)
    canvas.fixed.append((x - reach, y - reach, x + reach, y + reach))


def _drilled(canvas: Canvas) -> None:
    """Round holes that belong there: a clean rim that shines all around."""
    rng = canvas.rng
    reach = rng.uniform(6, 20) * canvas.scale
    row = rng.uniform(0.15, 0.85) * canvas.height
    rim = np.clip(canvas.pixels.mean(axis=(0, 1)) + rng.uniform(0.15, 0.35), 0, 1).astype(np.float32)
    inside = np.full(3, rng.uniform(0.0, 0.1), np.float32)
    for share in (0.2, 0.8) if rng.random() < 0.6 else (rng.uniform(0.2, 0.8),):
        x = share * canvas.width
        canvas.blend(drawing.ellipse(x, row, reach * 1.3, reach * 1.3), rim, 0.8)
        canvas.blend(drawing.ellipse(x, row, reach, reach), inside)
        canvas.fixed.append((x - reach * 1.3, row - reach * 1.3, x + reach * 1.3, row + reach * 1.3))


def _print(canvas: Canvas) -> None:
    """Letters and figures."""
    rng = canvas.rng
    text = "".join(rng.choice(list("ABCDEFHKLMNPRSTUVX0123456789-/."), int(rng.integers(3, 11))))
    mask = _text(text, rng.uniform(9, 26) * canvas.scale, turned=bool(rng.random() < 0.2))
    rows, columns = mask.values.shape
    placed = mask.shifted(rng.uniform(-0.1, 0.8) * canvas.width, rng.uniform(0, 1) * max(canvas.height - rows, 1))
    canvas.blend(placed, _contrasting(canvas), float(rng.uniform(0.4, 1)))
    canvas.fixed.append((placed.left, placed.top, placed.left + columns, placed.top + rows))


def _sticker(canvas: Canvas) -> None:
    """A light label with lines of print or a bar code."""
    rng = canvas.rng
    wide, high = rng.uniform(40, 90) * canvas.scale, rng.uniform(20, 50) * canvas.scale
    x, y = rng.uniform(0, canvas.width - wide), rng.uniform(0, canvas.height - high)
    canvas.blend(_rectangle(x + wide / 2, y + high / 2, wide / 2, high / 2), np.full(3, 0.93, np.float32))
    at = x + wide * 0.08
    while at < x + wide * 0.9:
        bar = rng.uniform(0.8, 3) * canvas.scale
        canvas.blend(_rectangle(at, y + high / 2, bar / 2, high * 0.35), np.full(3, 0.08, np.float32))
        at += bar + rng.uniform(1, 3.5) * canvas.scale
    canvas.fixed.append((x, y, x + wide, y + high))


def _text(text: str, size: float, *, turned: bool) -> Mask:
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
    return Mask(np.asarray(image, np.float32) / 255, 0, 0)
