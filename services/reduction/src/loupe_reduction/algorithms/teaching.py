"""Teaches a head from labels: several shapes are tried by cross-validation, the one that errs least is kept.

Letters in shapes: N vectors of D numbers, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress
from loupe_reduction.domain.errors import FeaturesAllEqual
from loupe_reduction.domain.heads import Head, HeadKind, calibrated, squared_distances
from loupe_reduction.domain.jobs import HeadFigures, TaughtHead, TeachJob

FOLDS = 5
MOST_TAUGHT = 20_000
"""Labels that are learnt from; of more a random part of each class is."""

MOST_COMPARED = 4_000
"""Labels up to which RBF heads are tried: their cost grows with the square, and they keep most vectors."""

ITERATIONS = 200

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Sides = NDArray[np.float64]


@dataclass(frozen=True)
class _Shape:
    """One way to draw the boundaries."""

    kind: HeadKind
    strength: float
    """How much an error costs against a simple boundary."""
    gamma: float = 0.0
    balanced: bool = False
    """Whether classes weigh the same however many images they have; calibration puts their frequency right again."""


# Vectors are scaled to a mean squared length of 1, so the same numbers suit all models.
_LINEAR = (
    _Shape(HeadKind.LINEAR, 0.3, balanced=True),
    _Shape(HeadKind.LINEAR, 3.0),
    _Shape(HeadKind.LINEAR, 3.0, balanced=True),
)
_RBF = tuple(
    _Shape(HeadKind.RBF, strength, gamma, balanced)
    for strength, gamma in ((10.0, 0.25), (10.0, 0.5), (3.0, 1.0))
    for balanced in (False, True)
)


@dataclass(frozen=True)
class _Lesson:
    """What is learnt from."""

    scaled: Vectors
    """Array (N, D)."""

    classes: Rows
    """Array (N,): 0 to C - 1."""

    confidences: NDArray[np.float64]
    """Array (N,): how much each label counts."""

    count: int
    """C."""

    distances: NDArray[np.float32]
    """Array (N, N): squared; (0, 0) where there are too many."""


def teach(values: Vectors, job: TeachJob, *, threads: int = 1, progress: Progress = no_progress) -> TaughtHead:
    """Learns classes from vectors.

    Every figure comes from images that the judging head had not learnt from, calibration included.

    Args:
        values: array (N, D), float32, finite.
        job: classes and their confidences; each class comes twice at least.
        threads: threads to use.
        progress: told the share that is done.

    Raises:
        FeaturesAllEqual: all vectors are the same.
    """
    rows = _taught_rows(job)
    if not values[rows].std(axis=0).any():
        raise FeaturesAllEqual(
            f"The vectors of all {len(rows)} labelled images are the same, so there is nothing to tell them apart by; "
            "check how their features were computed.",
            count=str(len(rows)),
        )
    centre, spread = _scaling(values[rows])
    scaled = ((values[rows] - centre) / spread).astype(np.float32)
    weights = np.ones(len(rows)) if job.confidences is None else job.confidences[rows].astype(np.float64)
    compared = scaled if len(rows) <= MOST_COMPARED else scaled[:0]
    distances = squared_distances(compared, compared)
    lesson = _Lesson(scaled, job.classes[rows], weights, job.class_count, distances)
    shapes = _LINEAR + _RBF if len(compared) else _LINEAR
    fold_of = _folds(lesson.classes, job.seed)
    tries = [(shape, fold) for shape in shapes for fold in range(int(fold_of.max()) + 1)]

    def try_out(start: int, _: int) -> Sides:
        shape, fold = tries[start]
        return _judge(lesson, shape, np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold))

    with chunk_pool(threads) as pool:
        found = map_chunks(try_out, len(tries), 1, pool, lambda share: progress(0.9 * share))
    sides = {shape: np.zeros((len(rows), job.class_count)) for shape in shapes}
    for (shape, fold), side in zip(tries, found, strict=True):
        sides[shape][fold_of == fold] = side
    judged = {shape: _cross_calibrated(side, lesson, fold_of) for shape, side in sides.items()}
    best = min(shapes, key=lambda shape: _log_loss(judged[shape], lesson))
    sharpness, offsets = _calibrate(sides[best], lesson.classes, lesson.confidences)
    head = _final(lesson, best, centre, spread, sharpness, offsets)
    progress(1.0)
    return TaughtHead(head.to_bytes(), _figures(judged[best], lesson, best, int(fold_of.max()) + 1))


def _taught_rows(job: TeachJob) -> Rows:
    count = len(job.classes)
    if count <= MOST_TAUGHT:
        return np.arange(count)
    generator = np.random.default_rng(job.seed)
    parts = []
    for one in range(job.class_count):
        of_class = np.flatnonzero(job.classes == one)
        share = max(FOLDS, round(MOST_TAUGHT * len(of_class) / count))
        parts.append(generator.permutation(of_class)[:share])
    return np.sort(np.concatenate(parts))


def _scaling(values: Vectors) -> tuple[Vectors, Vectors]:
    spread = np.maximum(values.std(axis=0), 1e-6) * np.sqrt(values.shape[1])
    return values.mean(axis=0).astype(np.float32), spread.astype(np.float32)


def _folds(classes: Rows, seed: int) -> Rows:
    folds = min(FOLDS, int(np.bincount(classes).min()))
    fold_of = np.zeros(len(classes), np.int64)
    cuts = StratifiedKFold(folds, shuffle=True, random_state=seed % (1 << 32)).split(classes, classes)
    for fold, (_, held) in enumerate(cuts):
        fold_of[held] = fold
    return fold_of


def _weights(lesson: _Lesson, shape: _Shape, rows: Rows) -> NDArray[np.float64]:
    """Array (len(rows),): how much each image counts."""
    if not shape.balanced:
        return lesson.confidences[rows]
    totals = np.bincount(lesson.classes[rows], lesson.confidences[rows], lesson.count)
    balance = totals.sum() / (lesson.count * totals)
    weights: NDArray[np.float64] = lesson.confidences[rows] * balance[lesson.classes[rows]]
    return weights


def _judge(lesson: _Lesson, shape: _Shape, known: Rows, asked: Rows) -> Sides:
    """Sides of `asked`, array (len(asked), C), by what `known` teach."""
    if shape.kind is HeadKind.LINEAR:
        weights, bias = _linear(lesson, shape, known)
        return (lesson.scaled[asked] @ weights + bias).astype(np.float64)
    weights, bias = _rbf(lesson, shape, known)
    likeness = np.exp(-shape.gamma * lesson.distances[np.ix_(asked, known)])
    sides: Sides = (likeness @ weights + bias).astype(np.float64)
    return sides


def _linear(lesson: _Lesson, shape: _Shape, known: Rows) -> tuple[Vectors, Vectors]:
    model = LogisticRegression(C=shape.strength, max_iter=ITERATIONS, tol=1e-3)
    model.fit(lesson.scaled[known], lesson.classes[known], sample_weight=_weights(lesson, shape, known))
    weights, bias = model.coef_.T, model.intercept_
    if lesson.count == 2:
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    return weights.astype(np.float32), bias.astype(np.float32)


def _rbf(lesson: _Lesson, shape: _Shape, known: Rows) -> tuple[Vectors, Vectors]:
    """Weights, array (len(known), C), and bias: one machine for each class against the rest."""
    likeness = np.exp(-shape.gamma * lesson.distances[np.ix_(known, known)])
    weights = np.zeros((len(known), lesson.count), np.float32)
    bias = np.zeros(lesson.count, np.float32)
    sample_weight = _weights(lesson, shape, known)
    for one in range(1 if lesson.count == 2 else 0, lesson.count):
        model = SVC(C=shape.strength, kernel="precomputed", cache_size=400)
        model.fit(likeness, lesson.classes[known] == one, sample_weight=sample_weight)
        weights[model.support_, one] = model.dual_coef_[0]
        bias[one] = model.intercept_[0]
    if lesson.count == 2:
        weights[:, 0], bias[0] = -weights[:, 1], -bias[1]
    return weights, bias


def _calibrate(sides: Sides, classes: Rows, confidences: NDArray[np.float64]) -> tuple[float, NDArray[np.float32]]:
    """Sharpness and offsets that make the probabilities of `sides` true: classes as frequent as they are."""
    count = sides.shape[1]
    wanted = np.eye(count)[classes]
    share = confidences / confidences.sum()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        sharpness, offsets = float(np.exp(parameters[0])), parameters[1:]
        found = calibrated(sides, sharpness, offsets.astype(np.float32))
        gap = (found - wanted) * share[:, None]
        # A little leash keeps a class with few images from being ruled out.
        total = -float(share @ np.log(np.maximum((found * wanted).sum(axis=1), 1e-12))) + 1e-4 * float(
            offsets @ offsets
        )
        return total, np.concatenate([[float((gap * sides).sum()) * sharpness], gap.sum(axis=0) + 2e-4 * offsets])

    found = minimize(loss, np.zeros(count + 1), jac=True, method="L-BFGS-B", bounds=[(-5, 5)] + [(-10, 10)] * count).x
    return float(np.exp(found[0])), found[1:].astype(np.float32)


def _cross_calibrated(sides: Sides, lesson: _Lesson, fold_of: Rows) -> Sides:
    """Probabilities, array (N, C): each fold's calibrated by the other folds."""
    judged = np.zeros_like(sides)
    for fold in range(int(fold_of.max()) + 1):
        other, held = fold_of != fold, fold_of == fold
        sharpness, offsets = _calibrate(sides[other], lesson.classes[other], lesson.confidences[other])
        judged[held] = calibrated(sides[held], sharpness, offsets)
    return judged


def _log_loss(judged: Sides, lesson: _Lesson) -> float:
    right = judged[np.arange(len(judged)), lesson.classes]
    return -float(np.average(np.log(np.maximum(right, 1e-12)), weights=lesson.confidences))


def _final(
    lesson: _Lesson, shape: _Shape, centre: Vectors, spread: Vectors, sharpness: float, offsets: Vectors
) -> Head:
    everyone = np.arange(len(lesson.classes))
    if shape.kind is HeadKind.LINEAR:
        weights, bias = _linear(lesson, shape, everyone)
        return Head(HeadKind.LINEAR, centre, spread, weights, bias, sharpness, offsets)
    weights, bias = _rbf(lesson, shape, everyone)
    used = np.flatnonzero(weights.any(axis=1))
    landmarks = np.ascontiguousarray(lesson.scaled[used])
    return Head(HeadKind.RBF, centre, spread, weights[used], bias, sharpness, offsets, landmarks, shape.gamma)


def _figures(judged: Sides, lesson: _Lesson, shape: _Shape, folds: int) -> HeadFigures:
    said = judged.argmax(axis=1)
    confusion = np.zeros((lesson.count, lesson.count), np.int64)
    np.add.at(confusion, (lesson.classes, said), 1)
    hits = np.diag(confusion)
    truly, answered = confusion.sum(axis=1), confusion.sum(axis=0)
    right = said == lesson.classes
    return HeadFigures(
        kind=shape.kind,
        folds=folds,
        confusion=confusion,
        accuracy=float(np.average(right, weights=lesson.confidences)),
        balanced_accuracy=float((hits / truly).mean()),
        macro_f1=float((2 * hits / np.maximum(truly + answered, 1)).mean()),
        log_loss=_log_loss(judged, lesson),
        calibration_error=_calibration_error(judged.max(axis=1), right, lesson.confidences),
    )


def _calibration_error(sure: Sides, right: NDArray[np.bool_], confidences: NDArray[np.float64]) -> float:
    """Mean gap between confidence and share of right answers, over ten ranges of confidence."""
    ranges = np.minimum((sure * 10).astype(np.int64), 9)
    total = np.bincount(ranges, confidences, 10)
    gaps = np.abs(np.bincount(ranges, confidences * sure, 10) - np.bincount(ranges, confidences * right, 10))
    return float(gaps.sum() / total.sum())
