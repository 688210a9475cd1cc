"""Surfaces without anything on them. Each function gives pixels (H, W, 3), float32, RGB, about [0, 1]."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from loupe_training.corpus import noise
from loupe_training.corpus.noise import Field, Rng

Pixels = npt.NDArray[np.floating[Any]]


def brushed(rng: Rng, height: int, width: int) -> Pixels:
    """Sheet metal, ground or rolled in one direction."""
    across = _across(rng, height, width)
    shine = noise.lines(rng, across, rng.uniform(0.7, 1.5)) + noise.lines(rng, across, rng.uniform(3, 12))
    shine += 0.6 * noise.smooth(rng, height, width, rng.uniform(1.2, 2.5), stretch=12)
    return _painted(_metal(rng), shine * rng.uniform(0.008, 0.035))


def turned(rng: Rng, height: int, width: int) -> Pixels:
    """Metal with the arcs of a lathe or mill."""
    rows, columns = noise.coordinates(height, width)
    reach = rng.uniform(0.2, 3) * width
    angle = rng.uniform(0, 2 * np.pi)
    from_centre = np.hypot(rows - height / 2 - reach * np.sin(angle), columns - width / 2 - reach * np.cos(angle))
    pitch = rng.uniform(2.5, 9) * width / 256
    cut = np.sin(from_centre * (2 * np.pi / pitch)) * rng.uniform(0.3, 1) + noise.lines(rng, from_centre, 2)
    return _painted(_metal(rng), cut * rng.uniform(0.01, 0.03))


def casting(rng: Rng, height: int, width: int) -> Pixels:
    """Rough cast or blasted metal."""
    heights = noise.fractal(rng, height, width, rng.uniform(4, 14), 4)
    bumps = noise.relief(heights, rng.uniform(0, 2 * np.pi))
    cloud = noise.smooth(rng, height, width, 60)
    return _painted(_metal(rng) * rng.uniform(0.6, 1), bumps * rng.uniform(0.03, 0.1) + cloud * 0.015)


def painted(rng: Rng, height: int, width: int) -> Pixels:
    """Lacquer of any colour with orange peel."""
    peel = noise.relief(noise.smooth(rng, height, width, rng.uniform(4, 10)), rng.uniform(0, 2 * np.pi))
    return _painted(_any_colour(rng), peel * rng.uniform(0.005, 0.03))


def plastic(rng: Rng, height: int, width: int) -> Pixels:
    """Moulded plastic: matt grain, sometimes ribs."""
    colour = _any_colour(rng) if rng.random() < 0.5 else _grey(rng, 0.1, 0.85)
    shade = noise.grain(rng, height, width) * rng.uniform(0.004, 0.02)
    shade += noise.smooth(rng, height, width, 3) * rng.uniform(0.003, 0.015)
    if rng.random() < 0.35:
        pitch = rng.uniform(24, 64) * width / 256
        wave = np.sin(_across(rng, height, width) * (2 * np.pi / pitch))
        shade += np.clip(wave * 3, -1, 1) * rng.uniform(0.02, 0.06)
    return _painted(colour, shade)


def woven(rng: Rng, height: int, width: int) -> Pixels:
    """Cloth: plain weave or twill, with uneven threads."""
    rows, columns = noise.coordinates(height, width)
    pitch = rng.uniform(4, 11) * width / 256
    drift = noise.smooth(rng, height, width, 40) * pitch * rng.uniform(0.05, 0.25)
    warp, weft = (columns + drift) / pitch, (rows + drift) / pitch
    lean = rng.choice([0.0, 0.25, 0.5])
    over = np.sin(np.pi * (np.floor(weft) + np.floor(warp) * 2 * lean + 0.5)) > 0
    thread = np.where(over, np.abs(np.sin(np.pi * warp)), np.abs(np.sin(np.pi * weft))).astype(np.float32)
    uneven = noise.lines(rng, warp, 1) + noise.lines(rng, weft, 1)
    second = _any_colour(rng) if rng.random() < 0.4 else None
    pixels = _painted(_any_colour(rng), (thread - 0.6) * rng.uniform(0.06, 0.25) + uneven * 0.012)
    if second is not None:
        pixels += (second - pixels) * (over * rng.uniform(0.1, 0.5))[..., None].astype(np.float32)
    return pixels


def wood(rng: Rng, height: int, width: int) -> Pixels:
    """Boards with rings and fibres."""
    across = _across(rng, height, width)
    bend = noise.smooth(rng, height, width, 90, stretch=2) * rng.uniform(5, 30)
    ring = np.sin((across + bend) * (2 * np.pi / (rng.uniform(8, 40) * width / 256)))
    fibre = noise.lines(rng, across + bend * 0.3, 1.2)
    colour = np.array([rng.uniform(0.5, 0.8), rng.uniform(0.36, 0.55), rng.uniform(0.2, 0.36)], np.float32)
    return _painted(colour, ring * rng.uniform(0.02, 0.07) + fibre * rng.uniform(0.01, 0.04))


def glass(rng: Rng, height: int, width: int) -> Pixels:
    """Glass or film: nearly nothing but what shines through and mirrors in it."""
    base = _grey(rng, 0.25, 0.85) * np.array([0.96, 1.0, rng.uniform(0.96, 1.04)], np.float32)
    behind = noise.smooth(rng, height, width, rng.uniform(50, 120)) * rng.uniform(0.01, 0.06)
    band = _across(rng, height, width) / width
    mirrored = np.exp(-(((band - rng.uniform(-0.3, 0.3)) / rng.uniform(0.05, 0.3)) ** 2)) * rng.uniform(0, 0.15)
    return _painted(base, behind + mirrored + noise.grain(rng, height, width) * 0.003)


def cells(rng: Rng, height: int, width: int) -> Pixels:
    """A wafer or solar cells: fingers, busbars, gaps; single crystal or many grains."""
    rows, columns = noise.coordinates(height, width)
    colour = _grey(rng, 0.15, 0.6)
    if rng.random() < 0.5:
        colour = colour * np.array([0.5, 0.7, 1.15], np.float32)
    shade = noise.smooth(rng, height, width, 60) * rng.uniform(0.01, 0.05)
    if rng.random() < 0.5:
        coarse = noise.smooth(rng, height, width, rng.uniform(14, 30), rng.uniform(0.6, 1.6))
        shade += np.round(coarse * 1.5) / 1.5 * rng.uniform(0.02, 0.06)
    pixels = _painted(colour, shade)
    metal = np.float32(rng.uniform(0.5, 0.95))
    fingers, bars = rng.uniform(3.5, 8) * width / 256, width / rng.integers(2, 6)
    pixels += ((rows % fingers) < 1)[..., None] * np.float32(rng.uniform(0.02, 0.1))
    at_bar = np.abs((columns + bars / 2) % bars - bars / 2) < rng.uniform(1, 4) * width / 256
    pixels[at_bar] += (metal - pixels[at_bar]) * 0.8
    if rng.random() < 0.5:
        cell = width / rng.uniform(1.2, 3)
        gap = rng.uniform(1.5, 4) * width / 256
        at_gap = ((rows + rng.uniform(0, cell)) % cell < gap) | ((columns + rng.uniform(0, cell)) % cell < gap)
        pixels[at_gap] = np.float32(rng.choice([0.05, 0.9]))
    return pixels


def board(rng: Rng, height: int, width: int) -> Pixels:
    """The lacquer of a printed circuit board; `fittings` puts traces and pads on it."""
    colours = ([0.08, 0.32, 0.16], [0.07, 0.16, 0.38], [0.33, 0.06, 0.07], [0.09, 0.09, 0.1], [0.75, 0.76, 0.72])
    colour = np.array(colours[rng.integers(len(colours))], np.float32) * np.float32(rng.uniform(0.8, 1.3))
    weave = noise.smooth(rng, height, width, 3) * rng.uniform(0.003, 0.012)
    return _painted(colour, weave)


SURFACES: Mapping[str, Callable[[Rng, int, int], Pixels]] = {
    function.__name__: function
    for function in (brushed, turned, casting, painted, plastic, woven, wood, glass, cells, board)
}


def _painted(colour: Pixels, shade: Field) -> Pixels:
    """A colour (3,), lighter and darker by `shade` (H, W)."""
    return np.asarray(colour + shade[..., None] * (0.4 + 0.8 * colour), np.float32)


def _across(rng: Rng, height: int, width: int) -> Field:
    """A coordinate at right angles to some direction, mostly one along the image, 0 in the middle; (H, W)."""
    rows, columns = noise.coordinates(height, width)
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.03) if rng.random() < 0.7 else rng.uniform(0, np.pi)
    turned_by: Field = (rows - height / 2) * np.float32(np.cos(angle)) + (columns - width / 2) * np.float32(
        np.sin(angle)
    )
    return turned_by


def _grey(rng: Rng, low: float, high: float) -> Pixels:
    return np.full(3, rng.uniform(low, high), np.float32)


def _metal(rng: Rng) -> Pixels:
    tint = np.array([1 + rng.uniform(-0.02, 0.12), 1.0, 1 + rng.uniform(-0.12, 0.06)], np.float32)
    return _grey(rng, 0.3, 0.75) * tint


def _any_colour(rng: Rng) -> Pixels:
    grey = rng.uniform(0.15, 0.85)
    return np.clip(grey + rng.normal(0, rng.choice([0.02, 0.15]), 3), 0.06, 0.92).astype(np.float32)
