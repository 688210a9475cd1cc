"""Finds injected shifts in days of 200 solar cells, and counts false alarms in quiet days, as percentages.

The reference is 1,000 cells, the days are drawn from the others; features are those of EfficientNet-Lite0, scores those
of the outlier search. Shifts: blur, brightness, a new defect (the reference has sound cells only, a day 20 % broken
ones), a new product (the reference has one kind of wafer, the day the other). The photographs are for evaluation only.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from loupe_client.demo import solar_cells
from loupe_project.domain.drift import Judged, Reference, Verdict, judge
from loupe_reduction.algorithms.outliers import score_outliers
from tests.bench.teach import features

MODEL, VERSION = "efficientnet-lite0", "1"
REFERENCE = 1_000
DAY = 200
CHANGED = 300
"""Images that are blurred and brightened: days are drawn from them."""

Vectors = NDArray[np.float32]


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--days", type=int, default=100, help="of each kind")
    days = parser.parse_args().days
    cells = solar_cells.load(sys.maxsize, seed=0)
    images = [cell.file.read_bytes() for cell in cells]
    labels = np.array([cell.label for cell in cells])
    values = features(MODEL, VERSION, images)
    changed = {
        "blur": features(MODEL, VERSION, [_blurred(one) for one in images[:CHANGED]]),
        "brightness": features(MODEL, VERSION, [_brighter(one) for one in images[:CHANGED]]),
    }
    kinds = np.array([cell.kind for cell in cells])
    print(json.dumps(report(values, changed, labels, kinds, days)))


def report(
    values: Vectors, changed: dict[str, Vectors], labels: NDArray[np.str_], kinds: NDArray[np.str_], days: int
) -> dict[str, float]:
    """Share of days that alarm, in percent, by what was done to them.

    Args:
        values: array (N, D).
        changed: array (CHANGED, D) by shift: the first cells, shifted.
        labels: array (N,): what experts say.
        kinds: array (N,): kind of wafer.
        days: of each shift.
    """
    rng = np.random.default_rng(0)
    rest = np.arange(CHANGED, len(values))
    usual = rng.choice(rest, REFERENCE, replace=False)
    others = np.setdiff1d(rest, usual)
    found = {"quiet": _alarms(values[usual], lambda: values[rng.choice(others, DAY)], days)}
    for shift, rows in changed.items():
        found[shift] = _alarms(values[usual], partial(_some, rows, rng), days)
    sound, broken = np.flatnonzero(labels == "ok"), np.flatnonzero(labels == "defective")
    known, fresh = np.split(rng.permutation(sound), [REFERENCE])
    found["quiet, sound cells"] = _alarms(values[known], lambda: values[rng.choice(fresh, DAY)], days)
    found["new defect"] = _alarms(
        values[known],
        lambda: values[np.concatenate([rng.choice(fresh, DAY * 4 // 5), rng.choice(broken, DAY // 5)])],
        days,
    )
    one, other = (np.flatnonzero(kinds == kind) for kind in sorted(set(kinds.tolist())))
    known = rng.choice(one, min(REFERENCE, len(one) // 2), replace=False)
    fresh = np.setdiff1d(one, known)
    found["quiet, one product"] = _alarms(values[known], lambda: values[rng.choice(fresh, DAY)], days)
    found["new product"] = _alarms(values[known], lambda: values[rng.choice(other, DAY)], days)
    return found


def _alarms(usual: Vectors, day: Callable[[], Vectors], days: int) -> float:
    reference = Reference(len(usual), (), 0, 0)
    mask = np.arange(len(usual) + DAY) < len(usual)
    alarms = 0
    for _ in range(days):
        scores = score_outliers(np.concatenate([usual, day()]), 15, reference=mask).scores[len(usual) :]
        judged = [Judged("", float(score), "", None, None) for score in scores]
        alarms += judge("", judged, reference).verdict is not Verdict.QUIET
    return round(100 * alarms / days, 1)


def _some(values: Vectors, rng: np.random.Generator) -> Vectors:
    return values[rng.choice(len(values), DAY)]


def _blurred(content: bytes) -> bytes:
    return _png(Image.open(io.BytesIO(content)).convert("L").filter(ImageFilter.GaussianBlur(2)))


def _brighter(content: bytes) -> bytes:
    return _png(ImageEnhance.Brightness(Image.open(io.BytesIO(content)).convert("L")).enhance(1.4))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main()
