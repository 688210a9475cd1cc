"""Teaches heads on solar cells as projects do: weighted accuracy on a quarter of them, in percent.

Photographs of the package elpv-dataset, for evaluation only. A cell counts as broken from a probability of 1/2; cells
of which experts were unsure count a third, when learning and testing. Published on one split: SVM 82.44, CNN 88.42.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from loupe_client.demo import solar_cells
from loupe_inference.domain import catalogue
from loupe_inference.domain.analysis import Analysis
from loupe_inference.models import host
from loupe_inference.models.job import AnalyseJob
from loupe_reduction.algorithms.teaching import teach
from loupe_reduction.domain import heads
from loupe_reduction.domain.jobs import TeachJob

BATCH = 64
DEFECTIVE = ("probably-defective", "defective")
UNSURE = ("probably-defective", "probably-ok")
TOGETHER = (("efficientnet-lite0", "efficientnet-lite2"),)
"""Sources whose vectors are also tried side by side."""

Vectors = NDArray[np.float32]


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--splits", type=int, default=4)
    splits = parser.parse_args().splits
    cells = solar_cells.load(sys.maxsize, seed=0)
    labels = np.array([cell.label for cell in cells])
    images = [cell.file.read_bytes() for cell in cells]
    values = {spec.id: features(spec.id, spec.active_version, images) for spec in catalogue.builtin().all()}
    print(json.dumps(report(values, labels, splits)))


def features(model: str, version: str, images: Sequence[bytes]) -> Vectors:
    """Vectors of the images: array (N, D), float32."""
    found: Vectors = np.stack([one.feature for one in analyses(model, version, images)]).astype(np.float32)
    return found


def analyses(model: str, version: str, images: Sequence[bytes]) -> list[Analysis]:
    """What a model says of each of the images."""
    found = []
    for start in range(0, len(images), BATCH):
        job = AnalyseJob(model, version, tuple(images[start : start + BATCH]), 1, "cpu", 1_000_000)
        for outcome in host.analyse(job, lambda _: None):
            if not isinstance(outcome, Analysis):
                raise SystemExit(f"{model} cannot analyse one of the cells: {outcome}")
            found.append(outcome)
    return found


def report(values: dict[str, Vectors], labels: NDArray[np.str_], splits: int) -> dict[str, dict[str, float | str]]:
    """Figures of each source, and of some side by side.

    Args:
        values: array (N, D) by model.
        labels: array (N,): what experts say.
        splits: how many random quarters are tested on.
    """
    found = {model: _measure(rows, labels, splits) for model, rows in values.items()}
    for models in TOGETHER:
        side_by_side = np.hstack([_evened(values[model]) for model in models])
        found[" + ".join(models)] = _measure(side_by_side, labels, splits)
    return found


def _evened(values: Vectors) -> Vectors:
    evened: Vectors = (values / np.maximum(np.linalg.norm(values, axis=1).mean(), 1e-6)).astype(np.float32)
    return evened


def _measure(values: Vectors, labels: NDArray[np.str_], splits: int) -> dict[str, float | str]:
    classes = np.isin(labels, DEFECTIVE).astype(np.int64)
    confidences = np.where(np.isin(labels, UNSURE), 1 / 3, 1.0)
    tested, promised, seconds, kinds = [], [], [], set()
    for seed in range(splits):
        known, asked = train_test_split(np.arange(len(values)), test_size=0.25, stratify=labels, random_state=seed)
        began = time.perf_counter()
        taught = teach(values[known], TeachJob(classes[known], 2, confidences[known], seed=seed))
        seconds.append(time.perf_counter() - began)
        right = heads.from_bytes(taught.head).probabilities(values[asked]).argmax(axis=1) == classes[asked]
        tested.append(100 * float(np.average(right, weights=confidences[asked])))
        promised.append(100 * taught.figures.accuracy)
        kinds.add(taught.figures.kind.value)
    return {
        "accuracy": round(float(np.mean(tested)), 2),
        "lowest_split": round(min(tested), 2),
        "highest_split": round(max(tested), 2),
        "promised_by_cross_validation": round(float(np.mean(promised)), 2),
        "seconds_to_teach": round(float(np.mean(seconds)), 1),
        "kind": "/".join(sorted(kinds)),
    }


if __name__ == "__main__":
    main()
