"""Real images: photographs of solar cells with an expert's judgement, from the package `elpv-dataset`.

2,624 electroluminescence images, 300 × 300 grey, with the probability of a defect. Buerhop-Lutz et al., “A Benchmark
for Visual Identification of Defective Solar Cells in Electroluminescence Imagery”, 2018. Licence CC BY-NC-SA 4.0: for
demonstration and evaluation only.
"""

import csv
import io
import random
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from PIL import Image

from loupe_client import UploadFile

_LABELS = {0.0: "ok", 1 / 3: "probably-ok", 2 / 3: "probably-defective", 1.0: "defective"}
_LINES = ("L1", "L2", "L3")
HISTOGRAM_BINS = 64


@dataclass(frozen=True, slots=True)
class Cell:
    """One photograph."""

    file: Traversable
    """PNG, 300 × 300, grey."""
    kind: str
    """`mono` or `poly`."""
    label: str

    @property
    def file_name(self) -> str:
        """Its name in the zip."""
        return f"cells/{self.file.name}"


def load(count: int, seed: int) -> list[Cell]:
    """Returns `count` cells, drawn at random but the same for the same seed."""
    data = resources.files("elpv_dataset") / "data"
    # Columns: path below the data folder, probability of a defect, kind of cell.
    rows = [line.split() for line in (data / "labels.csv").read_text(encoding="ascii").splitlines() if line.strip()]
    chosen = sorted(random.Random(seed).sample(range(len(rows)), min(count, len(rows))))  # noqa: S311 - repeatable
    return [Cell(data / rows[index][0], rows[index][2], _label(float(rows[index][1]))) for index in chosen]


def write_zip(cells: Sequence[Cell], target: Path, seed: int) -> None:
    """Writes the images and a `metadata.csv` as a factory PC would: line, camera, lot, product, label."""
    table = io.StringIO()
    writer = csv.DictWriter(table, ["file_name", "line", "camera", "lot", "cell_type", "exposure_ms", "label"])
    writer.writeheader()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for cell, inspected in zip(cells, _inspection(cells, seed), strict=True):
            archive.writestr(cell.file_name, cell.file.read_bytes())
            writer.writerow({"file_name": cell.file_name, "label": cell.label, **inspected})
        archive.writestr("metadata.csv", table.getvalue())


def uploads(cells: Sequence[Cell], seed: int, tag: str) -> list[UploadFile]:
    """Returns the images as a camera's program sends them: each with its metadata, its label and a tag."""
    return [
        UploadFile(cell.file_name, cell.file.read_bytes(), metadata=inspected, tags=[tag], label=cell.label)
        for cell, inspected in zip(cells, _inspection(cells, seed), strict=True)
    ]


def write_histograms(cells: Sequence[Cell], target: Path) -> None:
    """Writes features as somebody else's program computes them: how often each of 64 brightnesses occurs.

    The file is a NumPy array with the fields `file_name` and `vector`, one element a cell.
    """
    rows = np.zeros(len(cells), [("file_name", "U100"), ("vector", "<f4", (HISTOGRAM_BINS,))])
    for row, cell in zip(rows, cells, strict=True):
        with cell.file.open("rb") as file, Image.open(file) as image:
            counts = np.asarray(image.convert("L").histogram()).reshape(HISTOGRAM_BINS, -1).sum(axis=1)
        row["file_name"], row["vector"] = cell.file_name, counts / counts.sum()
    np.save(target, rows)


def _inspection(cells: Sequence[Cell], seed: int) -> list[Mapping[str, str | float]]:
    draw = random.Random(seed)  # noqa: S311 - repeatable
    return [
        {
            "line": draw.choice(_LINES),
            "camera": f"cam{draw.randint(1, 2)}",
            "lot": f"A{index // 100:02d}",
            "cell_type": cell.kind,
            "exposure_ms": round(draw.uniform(18, 22), 2),
        }
        for index, cell in enumerate(cells)
    ]


def _label(probability: float) -> str:
    nearest = min(_LABELS, key=lambda known: abs(known - probability))
    return _LABELS[nearest]
