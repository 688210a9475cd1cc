"""Trains on k solar cells that Loupe picked beside k picked at random: balanced accuracy of a linear head, in percent.

Features are those of EfficientNet-Lite0, frozen. A quarter of the cells is for testing, another one for each seed.
Fifty are picked without any label; then the number is doubled again and again, by uncertainty from the labels so far.
The photographs (package elpv-dataset) are for evaluation only.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from loupe_client.demo import solar_cells
from loupe_inference.domain import catalogue
from loupe_inference.domain.analysis import Analysis
from loupe_inference.models import host
from loupe_inference.models.job import AnalyseJob
from loupe_reduction.algorithms.selection import select_images
from loupe_reduction.domain.jobs import NO_CLASS, SelectJob, Strategy

MODEL = "efficientnet-lite0"
COUNTS = (50, 100, 200, 400)
BATCH = 64
DEFECTIVE = ("probably-defective", "defective")

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=10)
    seeds = range(parser.parse_args().seeds)
    cells = solar_cells.load(sys.maxsize, seed=0)
    values = _features([cell.file.read_bytes() for cell in cells])
    truth = np.asarray([cell.label in DEFECTIVE for cell in cells], np.int64)
    found = [_one(values, truth, seed) for seed in seeds]
    print(json.dumps({name: _mean([one[name] for one in found]) for name in ("picked", "random", "coverage")}))


def _features(images: Sequence[bytes]) -> Vectors:
    spec = next(one for one in catalogue.builtin().all() if one.id == MODEL)
    rows = []
    for start in range(0, len(images), BATCH):
        job = AnalyseJob(MODEL, spec.active_version, tuple(images[start : start + BATCH]), 1, "cpu", 1_000_000)
        for outcome in host.analyse(job, lambda _: None):
            assert isinstance(outcome, Analysis), outcome
            rows.append(outcome.feature)
    return np.stack(rows).astype(np.float32)


def _one(values: Vectors, truth: Rows, seed: int) -> dict[str, list[float]]:
    """Balanced accuracies of one split, in percent, for each way to pick and each number of picks."""
    learn, test = train_test_split(np.arange(len(values)), test_size=0.25, stratify=truth, random_state=seed)
    vectors, known = np.ascontiguousarray(values[learn]), truth[learn]
    order = np.random.default_rng(seed).permutation(len(learn))
    ways = {
        "picked": _in_rounds(vectors, known, seed),
        "random": [order[:count] for count in COUNTS],
        "coverage": [select_images(vectors, SelectJob(count, Strategy.KMEANS, seed)).picks for count in COUNTS],
    }
    return {
        way: [_accuracy(vectors[rows], known[rows], values[test], truth[test]) for rows in chosen]
        for way, chosen in ways.items()
    }


def _in_rounds(vectors: Vectors, known: Rows, seed: int) -> list[Rows]:
    rows = select_images(vectors, SelectJob(COUNTS[0], Strategy.KMEANS, seed)).picks
    rounds = [rows]
    for count in COUNTS[1:]:
        classes = np.full(len(vectors), NO_CLASS)
        classes[rows] = known[rows]
        job = SelectJob(count - len(rows), Strategy.UNCERTAINTY, seed, classes=classes)
        rows = np.concatenate([rows, select_images(vectors, job).picks])
        rounds.append(rows)
    return rounds


def _accuracy(vectors: Vectors, known: Rows, test: Vectors, truth: Rows) -> float:
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000))
    head.fit(vectors, known)
    return 100 * float(balanced_accuracy_score(truth, head.predict(test)))


def _mean(found: Sequence[Sequence[float]]) -> dict[str, float]:
    return {str(count): round(float(value), 1) for count, value in zip(COUNTS, np.mean(found, axis=0), strict=True)}


if __name__ == "__main__":
    main()
