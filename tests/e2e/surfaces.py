"""Drawn pictures of brushed metal, some of it with faults: for pictures of the product, free of anybody's rights."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

KINDS = ("ok", "scratch", "pinholes", "stain")
_SIDE = 224


def write_zip(target: Path, count: int, seed: int) -> None:
    """Writes `count` surfaces and a `metadata.csv` with line, camera, lot and the true kind of each."""
    random = np.random.default_rng(seed)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["file_name", "line", "camera", "lot", "label"])
    with zipfile.ZipFile(target, "w") as archive:
        for index in range(count):
            kind = str(random.choice(KINDS, p=(0.5, 0.2, 0.15, 0.15)))
            name = f"hall2/plate-{index:04d}.png"
            buffer = io.BytesIO()
            _surface(kind, random).save(buffer, "PNG")
            archive.writestr(name, buffer.getvalue())
            line, camera = f"L{random.integers(1, 4)}", f"cam{random.integers(1, 3)}"
            writer.writerow([name, line, camera, f"A{index // 50:02d}", kind])
        archive.writestr("metadata.csv", table.getvalue())


def _surface(kind: str, random: np.random.Generator) -> Image.Image:
    brushed = np.cumsum(random.normal(0, 9, (_SIDE, _SIDE)), axis=1)
    brushed -= np.linspace(brushed[:, :1], brushed[:, -1:], _SIDE, axis=1)[..., 0]
    light = 135 + 35 * np.cos(np.linspace(0, np.pi, _SIDE) + random.uniform(-1, 1))[:, None]
    pixels = np.clip(light + brushed * 0.18 + random.normal(0, 5, (_SIDE, _SIDE)), 0, 255).astype(np.uint8)
    picture = Image.fromarray(pixels)
    if kind != "ok":
        picture = Image.composite(_fault_color(kind), picture, _fault(kind, random))
    return picture


def _fault_color(kind: str) -> Image.Image:
    return Image.new("L", (_SIDE, _SIDE), 235 if kind == "scratch" else 35)


def _fault(kind: str, random: np.random.Generator) -> Image.Image:
    """Returns where the fault is, and how much of it: 0 to 255."""
    mask = Image.new("L", (_SIDE, _SIDE))
    draw = ImageDraw.Draw(mask)
    if kind == "scratch":
        for _ in range(int(random.integers(1, 4))):
            x, y = random.uniform(20, _SIDE - 20, 2)
            along, down = random.uniform(-90, 90, 2)
            draw.line([x, y, x + along, y + down], fill=230, width=int(random.integers(2, 5)))
        return mask.filter(ImageFilter.GaussianBlur(0.8))
    if kind == "pinholes":
        for x, y in random.uniform(10, _SIDE - 10, (int(random.integers(8, 30)), 2)):
            radius = random.uniform(2, 4.5)
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=240)
        return mask.filter(ImageFilter.GaussianBlur(0.7))
    for x, y in random.uniform(60, _SIDE - 60, 2) + random.normal(0, 18, (9, 2)):
        radius = random.uniform(12, 34)
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=130)
    return mask.filter(ImageFilter.GaussianBlur(9))
