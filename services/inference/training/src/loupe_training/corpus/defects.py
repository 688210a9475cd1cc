"""Defects. Each function draws one on a canvas and gives the shape that it covers, or None where it cannot be.

Contrast grows with the roughness around, so that what is labelled can be seen; it goes down to what a careful
inspector still finds.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from loupe_training.corpus import canvas as drawing
from loupe_training.corpus import noise
from loupe_training.corpus.canvas import Box, Canvas, Colour, Mask, Points
from loupe_training.corpus.noise import Field


def scratch(canvas: Canvas) -> Mask:
    """One to three long, even, nearly parallel lines; bright or dark, often with a flank of the other kind."""
    rng = canvas.rng
    length, angle = rng.uniform(30, 170) * canvas.scale, rng.uniform(0, np.pi)
    x, y = _place(canvas, 0.1)
    along = np.linspace(-0.5, 0.5, 12)
    bend, wide = rng.normal(0, 0.1) * length, rng.uniform(0.8, 2.6) * canvas.scale
    taper = np.minimum(1, 3.5 * (0.5 - np.abs(along)) + 0.3) * wide
    paths: list[tuple[Points, Sequence[float] | Field]] = []
    for lane in range(int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))):
        off = lane * rng.uniform(2.5, 6) * canvas.scale
        right, down = along * length * rng.uniform(0.7, 1), bend * (4 * along**2 - 0.5) + off
        paths.append((_turned(right, down, angle, x, y), taper))
    mask = drawing.strokes(paths)
    amount = _amount(canvas, mask, 0.13, 0.45, 1.6)
    if rng.random() < 0.6:
        aside = wide * 0.8
        canvas.lighten(mask.shifted(*_rounded(-aside * np.sin(angle), aside * np.cos(angle))), -amount * 0.5)
    canvas.lighten(mask, amount)
    return mask


def crack(canvas: Canvas) -> Mask:
    """A jagged dark line that wanders, thins out and often branches."""
    rng = canvas.rng
    angle = rng.uniform(0, 2 * np.pi)
    start, step = _place(canvas, 0.1), rng.uniform(3, 7) * canvas.scale
    wide = rng.uniform(1.0, 2.8) * canvas.scale
    count = int(rng.integers(8, 28))
    trunk = _walk(canvas, start, angle, count, step)
    paths: list[tuple[Points, Sequence[float] | Field]] = [(trunk, np.linspace(wide, wide * 0.5, len(trunk)))]
    for _ in range(int(rng.integers(0, 4))):
        fork = int(rng.integers(1, count - 2))
        leave = angle + rng.choice([-1, 1]) * rng.uniform(0.5, 1.3)
        branch = _walk(canvas, trunk[fork], leave, int(rng.integers(3, max(4, count // 2))), step)
        paths.append((branch, np.linspace(wide * 0.7, wide * 0.4, len(branch))))
    mask = drawing.strokes(paths)
    amount = abs(_amount(canvas, mask, 0.16, 0.45, 1.6))
    if rng.random() < 0.25:
        canvas.lighten(mask.shifted(*_rounded(wide, wide)), amount * 0.4)
    canvas.blend(mask, np.clip(canvas.tone(_bounds(mask)) - amount, 0, 1) * 0.9)
    return mask


def dent(canvas: Canvas) -> Mask:
    """A hollow or bump: no colour of its own, only light on one side and shadow on the other."""
    rng = canvas.rng
    reach, flat = rng.uniform(5, 32) * canvas.scale, rng.uniform(0.5, 1)
    x, y = _place(canvas, 0.08)
    half = int(reach * 1.6) + 1
    down, right = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    turn = rng.uniform(0, np.pi)
    a = (right * np.cos(turn) + down * np.sin(turn)) / reach
    b = (down * np.cos(turn) - right * np.sin(turn)) / (reach * flat)
    wobble = 1 + 0.12 * np.sin(np.arctan2(b, a) * rng.integers(2, 5) + rng.uniform(0, 6))
    distance = np.hypot(a, b) * wobble
    heights = np.exp(-((distance * 1.25) ** rng.choice([2, 3, 4])))
    shade = noise.relief(heights.astype(np.float32), canvas.light)
    shade = shade / max(float(np.abs(shade).max()), 1e-6)
    values = np.clip(1.5 - distance * 1.25, 0, 1).astype(np.float32)
    mask = Mask(np.ones_like(values), int(y) - half, int(x) - half)
    amount = abs(_amount(canvas, mask, 0.14, 0.45, 1.3)) * float(rng.choice([-1, 1], p=[0.25, 0.75]))
    canvas.lighten(mask, shade * np.float32(amount))
    if rng.random() < 0.4:
        canvas.lighten(mask, (heights * -abs(amount) * 0.35).astype(np.float32))
    return Mask((distance < 1.05).astype(np.float32), mask.top, mask.left)


def stain(canvas: Canvas) -> Mask:
    """A patch of another tone with soft, irregular borders; what is below stays visible."""
    rng = canvas.rng
    reach = rng.uniform(8, 48) * canvas.scale
    x, y = _place(canvas, 0.08)
    values = _blob(canvas, reach, rng.uniform(0.15, 0.5))
    soft = rng.uniform(1.5, 6)
    inside = np.clip(values * soft + 0.5, 0, 1)
    if rng.random() < 0.3:
        inside = inside * np.float32(0.45) + np.exp(-((values * soft * 2.2) ** 2)).astype(np.float32) * np.float32(0.55)
    half = inside.shape[0] // 2
    mask = Mask(inside.astype(np.float32), int(y) - half, int(x) - half)
    amount = _amount(canvas, mask, 0.1, 0.35, 0.9, dark=0.75)
    tone = canvas.tone(_bounds(mask))
    tint = rng.normal(0, 0.12, 3).astype(np.float32) if rng.random() < 0.5 else np.zeros(3, np.float32)
    for channel in range(3):
        shift = amount * (1 + tint[channel] * 3) * (0.5 + 0.5 * tone[channel])
        canvas.pixels[..., channel : channel + 1] += _one(canvas, mask, float(shift))
    return Mask(np.clip(values * soft + 0.5, 0, 1).astype(np.float32), mask.top, mask.left)


def contamination(canvas: Canvas) -> Mask:
    """What does not belong there and lies on top: a group of particles, or curled fibres."""
    rng = canvas.rng
    x, y = _place(canvas, 0.08)
    if rng.random() < 0.4:
        mask = _fibre(canvas, x, y)
    else:
        spread = rng.uniform(6, 26) * canvas.scale
        specks = []
        for _ in range(int(rng.integers(5, 22))):
            a, b = rng.normal(0, spread / 2, 2)
            size = rng.uniform(0.9, 3.2) * canvas.scale
            angles = np.sort(rng.uniform(0, 2 * np.pi, 5))
            ring = [(x + a + size * np.cos(t), y + b + size * np.sin(t)) for t in angles]
            specks.append(([*ring, ring[0]], [size] * 6))
        mask = drawing.strokes(specks)
    amount = _amount(canvas, mask, 0.22, 0.5, 1.6)
    canvas.lighten(mask.shifted(round(canvas.scale * 1.5), round(canvas.scale * 1.5)), -0.1)
    colour = canvas.tone(_bounds(mask)) + amount * rng.uniform(0.7, 1.3, 3).astype(np.float32)
    canvas.blend(mask, np.clip(colour, 0, 1).astype(np.float32), float(rng.uniform(0.8, 1)))
    return mask


def hole(canvas: Canvas) -> Mask:
    """A ragged pit or hole: black inside, sharp border, light on the far rim."""
    rng = canvas.rng
    reach = rng.uniform(3, 20) * canvas.scale
    x, y = _place(canvas, 0.06)
    angles = np.linspace(0, 2 * np.pi, 22, endpoint=False)
    ragged = 1 + rng.normal(0, 0.13, 22) + 0.2 * np.cos(2 * angles + rng.uniform(0, 6))
    right, down = reach * ragged * np.cos(angles), reach * ragged * np.sin(angles)
    mask = drawing.polygon(list(zip(x + right, y + down, strict=True)))
    aside = max(1.0, reach * 0.14)
    lit = mask.shifted(*_rounded(aside * np.cos(canvas.light), aside * np.sin(canvas.light)))
    canvas.lighten(lit, float(rng.uniform(0.08, 0.3)))
    amount = abs(_amount(canvas, mask, 0.25, 0.6, 1.4))
    canvas.blend(mask, np.clip(canvas.tone(_bounds(mask)) - amount, 0, 1) * 0.6, float(rng.uniform(0.85, 1)))
    return mask


def chip(canvas: Canvas) -> Mask | None:
    """A piece broken off the border of the part; the break shines or shows what is behind."""
    if canvas.edge is None:
        return None
    rng = canvas.rng
    points, behind = canvas.edge
    x, y = points[int(rng.integers(4, len(points) - 4))]
    reach = rng.uniform(7, 30) * canvas.scale
    angles = np.linspace(0, 2 * np.pi, int(rng.integers(7, 14)), endpoint=False)
    ragged = reach * rng.uniform(0.65, 1.25, len(angles))
    outline = list(zip(x + ragged * np.cos(angles), y + ragged * np.sin(angles), strict=True))
    rim = [((a - x) * 1.18 + x, (b - y) * 1.18 + y) for a, b in outline]
    mask = drawing.polygon(rim)
    # The break is seen on the part only: behind it nothing changes.
    there = np.abs(_patch(canvas, mask) - behind).max(axis=2) > 0.08
    on_part = Mask(mask.values * there, mask.top, mask.left)
    tone = canvas.tone(_bounds(mask))
    canvas.blend(on_part, np.clip(tone + rng.choice([-1, 1]) * rng.uniform(0.12, 0.35), 0, 1).astype(np.float32))
    canvas.blend(drawing.polygon(outline), behind, float(rng.choice([1.0, 0.75])))
    return on_part


DEFECTS: Mapping[str, Callable[[Canvas], Mask | None]] = {
    "scratch": scratch,
    "dent": dent,
    "stain": stain,
    "crack": crack,
    "contamination": contamination,
    "chip": chip,
    "hole": hole,
}
"""What can be drawn on a surface; a missing part is left out by `fittings.put_parts`."""


def _place(canvas: Canvas, margin: float) -> tuple[float, float]:
    """A point off the fittings, where one is found in a few tries."""
    rng = canvas.rng
    x = y = 0.0
    for _ in range(12):
        x = rng.uniform(margin, 1 - margin) * canvas.width
        y = rng.uniform(margin, 1 - margin) * canvas.height
        if not any(a <= x <= c and b <= y <= d for a, b, c, d in canvas.fixed) and canvas.shows_part(x, y):
            break
    return float(x), float(y)


def _amount(canvas: Canvas, mask: Mask, low: float, high: float, by_spread: float, dark: float = 0.5) -> float:
    """Change of brightness: more on rough ground, with the sign that there is room for."""
    box = _bounds(mask)
    size = canvas.rng.uniform(low, high) + by_spread * min(canvas.spread(box), 0.2)
    ground = float(canvas.tone(box).mean())
    if ground < size * 0.8:
        return float(size)
    if ground > 1 - size * 0.6:
        return float(-size)
    return float(-size if canvas.rng.random() < dark else size)


def _bounds(mask: Mask) -> Box:
    rows, columns = mask.values.shape
    return mask.left, mask.top, mask.left + columns, mask.top + rows


def _turned(right: Field, down: Field, angle: float, x: float, y: float) -> Points:
    cosine, sine = np.cos(angle), np.sin(angle)
    return list(zip(x + right * cosine - down * sine, y + right * sine + down * cosine, strict=True))


def _rounded(right: float, down: float) -> tuple[int, int]:
    """The shift in whole pixels, at least one to some side."""
    a, b = round(right), round(down)
    return (a, b) if a or b else (1, 0)


def _walk(canvas: Canvas, start: tuple[float, float], angle: float, count: int, step: float) -> Points:
    turns = canvas.rng.normal(0, 0.55, count)
    angles = angle + turns + np.cumsum(turns) * 0.15
    lengths = step * canvas.rng.uniform(0.4, 1.6, count)
    x = start[0] + np.concatenate([[0], np.cumsum(lengths * np.cos(angles))])
    y = start[1] + np.concatenate([[0], np.cumsum(lengths * np.sin(angles))])
    return list(zip(x, y, strict=True))


def _fibre(canvas: Canvas, x: float, y: float) -> Mask:
    """A thread that curls, of even width."""
    rng = canvas.rng
    count = 40
    curl = np.cumsum(noise.smooth(rng, 1, count, 8)[0] * rng.uniform(0.12, 0.28) + rng.normal(0, 0.09))
    step = rng.uniform(1.2, 3.2) * canvas.scale
    along_x, along_y = np.cumsum(np.cos(curl)) * step, np.cumsum(np.sin(curl)) * step
    points = list(zip(x + along_x - along_x.mean(), y + along_y - along_y.mean(), strict=True))
    return drawing.strokes([(points, [rng.uniform(0.9, 2.2) * canvas.scale] * count)])


def _blob(canvas: Canvas, reach: float, uneven: float) -> Field:
    """Positive within an irregular shape of about this radius, falling outwards, (h, w)."""
    half = int(reach * 1.7) + 1
    down, right = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    squeeze, turn = canvas.rng.uniform(0.5, 1), canvas.rng.uniform(0, np.pi)
    a = right * np.cos(turn) + down * np.sin(turn)
    b = (down * np.cos(turn) - right * np.sin(turn)) / squeeze
    hills = noise.fractal(canvas.rng, 2 * half + 1, 2 * half + 1, reach, 3)
    values = 1 - np.hypot(a, b) / reach + np.clip(hills, -1.5, 1.5) * uneven
    # The frame stays empty, whatever the hills say.
    framed: Field = np.minimum(values, 1.6 - np.hypot(right, down) / reach * 1.0 - 0.02).astype(np.float32)
    return framed


def _one(canvas: Canvas, mask: Mask, amount: float) -> Field:
    """The mask times an amount, as large as the image, (H, W, 1)."""
    whole = np.zeros((canvas.height, canvas.width, 3), np.float32)
    Canvas(whole, canvas.rng, 0.0).lighten(mask, amount)
    return whole[..., :1]


def _patch(canvas: Canvas, mask: Mask) -> Colour:
    """What the image shows under the mask, (h, w, 3); beyond its border what is nearest."""
    rows, columns = mask.values.shape
    down = np.clip(np.arange(mask.top, mask.top + rows), 0, canvas.height - 1)
    right = np.clip(np.arange(mask.left, mask.left + columns), 0, canvas.width - 1)
    seen: Colour = canvas.pixels[np.ix_(down, right)]
    return seen
