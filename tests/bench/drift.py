"""Finds injected shifts in days of 200 solar cells, and counts false alarms in quiet days, as percentages.

The reference is 1,000 cells, the days are drawn from the others; features are those of EfficientNet-Lite0, scores those
of the outlier search, brightness, contrast, sharpness and size those that an analysis measures. Shifts: blur of one and
of two pixels, brightness, size, a new defect (the reference has sound cells only, a day 20 % broken ones), a new
product (the reference has one kind of wafer, the day the other). The photographs are for evaluation only.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from loupe_client.demo import solar_cells
from loupe_inference.domain.analysis import Analysis
from loupe_project.domain.drift import Judged, Reference, Verdict, judge
from loupe_project.domain.traits import Trait, usual
from loupe_reduction.algorithms.outliers import score_outliers
from tests.bench.teach import analyses

MODEL, VERSION = "efficientnet-lite0", "1"
REFERENCE = 1_000
DAY = 200
CHANGED = 300
"""Images that are shifted: days are drawn from them."""

Vectors = NDArray[np.float32]
Rows = NDArray[np.intp]
Traits = Mapping[Trait, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an analysis says of N images."""

    values: Vectors
    """Array (N, D)."""
    traits: tuple[Traits, ...]

    def take(self, rows: Rows) -> Seen:
        """Some of the images."""
        return Seen(self.values[rows], tuple(self.traits[row] for row in rows.tolist()))


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=100, help="of each kind")
    days = parser.parse_args().days
    cells = solar_cells.load(sys.maxsize, seed=0)
    images = [cell.file.read_bytes() for cell in cells]
    some = images[:CHANGED]
    changed = {
        "blur of 1 px": _seen([_blurred(one, 1) for one in some]),
        "blur of 2 px": _seen([_blurred(one, 2) for one in some]),
        "brightness": _seen([_brighter(one) for one in some]),
        "size": _seen([_smaller(one) for one in some]),
    }
    labels, kinds = np.array([cell.label for cell in cells]), np.array([cell.kind for cell in cells])
    print(json.dumps(report(_seen(images), changed, labels, kinds, days)))


def report(
    seen: Seen, changed: Mapping[str, Seen], labels: NDArray[np.str_], kinds: NDArray[np.str_], days: int
) -> dict[str, float]:
    """Share of days that alarm, in percent, by what was done to them.

    Args:
        seen: N images.
        changed: by shift: the first CHANGED cells, shifted.
        labels: array (N,): what experts say.
        kinds: array (N,): kind of wafer.
        days: of each shift.
    """
    rng = np.random.default_rng(0)
    rest = np.arange(CHANGED, len(seen.values))
    usual_rows = rng.choice(rest, REFERENCE, replace=False)
    others = np.setdiff1d(rest, usual_rows)
    reference = seen.take(usual_rows)
    found = {"quiet": _alarms(reference, partial(_drawn, seen, others, rng), days)}
    for shift, shifted in changed.items():
        found[shift] = _alarms(reference, partial(_drawn, shifted, np.arange(len(shifted.values)), rng), days)
    sound, broken = np.flatnonzero(labels == "ok"), np.flatnonzero(labels == "defective")
    known, fresh = np.split(rng.permutation(sound), [REFERENCE])
    reference = seen.take(known)
    found["quiet, sound cells"] = _alarms(reference, partial(_drawn, seen, fresh, rng), days)
    found["new defect"] = _alarms(reference, partial(_mixed, seen, fresh, broken, rng), days)
    one, other = (np.flatnonzero(kinds == kind) for kind in sorted(set(kinds.tolist())))
    known = rng.choice(one, min(REFERENCE, len(one) // 2), replace=False)
    reference = seen.take(known)
    found["quiet, one product"] = _alarms(reference, partial(_drawn, seen, np.setdiff1d(one, known), rng), days)
    found["new product"] = _alarms(reference, partial(_drawn, seen, other, rng), days)
    return found


def _alarms(usual_cells: Seen, day: Callable[[], Seen], days: int) -> float:
    count = len(usual_cells.values)
    reference = Reference(count, (), 0, 0, usual(usual_cells.traits))
    mask = np.arange(count + DAY) < count
    alarms = 0
    for _ in range(days):
        cells = day()
        values = np.concatenate([usual_cells.values, cells.values])
        scores = score_outliers(values, 15, reference=mask).scores[count:]
        judged = [
            Judged("", float(score), "", None, None, traits) for score, traits in zip(scores, cells.traits, strict=True)
        ]
        alarms += judge("", judged, reference).verdict is not Verdict.QUIET
    return round(100 * alarms / days, 1)


def _drawn(seen: Seen, rows: Rows, rng: np.random.Generator) -> Seen:
    return seen.take(rng.choice(rows, DAY))


def _mixed(seen: Seen, sound: Rows, broken: Rows, rng: np.random.Generator) -> Seen:
    return seen.take(np.concatenate([rng.choice(sound, DAY * 4 // 5), rng.choice(broken, DAY // 5)]))


def _seen(images: Sequence[bytes]) -> Seen:
    found = analyses(MODEL, VERSION, images)
    return Seen(np.stack([one.feature for one in found]).astype(np.float32), tuple(_traits(one) for one in found))


def _traits(analysis: Analysis) -> Traits:
    looks = analysis.appearance
    if looks is None:
        raise SystemExit(f"{MODEL} does not tell how images look.")
    return {
        Trait.BRIGHTNESS: looks.brightness,
        Trait.CONTRAST: looks.contrast,
        Trait.SHARPNESS: looks.sharpness,
        Trait.WIDTH: float(analysis.image_width),
        Trait.HEIGHT: float(analysis.image_height),
    }


def _blurred(content: bytes, radius: int) -> bytes:
    return _png(Image.open(io.BytesIO(content)).convert("L").filter(ImageFilter.GaussianBlur(radius)))


def _brighter(content: bytes) -> bytes:
    return _png(ImageEnhance.Brightness(Image.open(io.BytesIO(content)).convert("L")).enhance(1.4))


def _smaller(content: bytes) -> bytes:
    image = Image.open(io.BytesIO(content)).convert("L")
    return _png(image.resize((image.width // 2, image.height // 2), Image.Resampling.BILINEAR))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main()
