from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms import teaching
from loupe_reduction.algorithms.teaching import teach
from loupe_reduction.domain import heads
from loupe_reduction.domain.errors import FeaturesAllEqual
from loupe_reduction.domain.heads import HeadKind
from loupe_reduction.domain.jobs import TeachJob
from tests.unit.reduction.arrays import clusters


@pytest.mark.parametrize("groups", [2, 4])
def test_teach__knows_what_it_has_not_seen(groups: int) -> None:
    values, classes = clusters(300, groups=groups, spread=1.0)
    known, asked = np.arange(200), np.arange(200, 300)

    taught = teach(values[known], TeachJob(classes[known], groups))

    said = heads.from_bytes(taught.head).probabilities(values[asked])
    assert (said.argmax(axis=1) == classes[asked]).mean() > 0.9
    assert said.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    figures = taught.figures
    assert figures.confusion.sum() == 200
    assert figures.accuracy == pytest.approx(np.trace(figures.confusion) / 200)
    assert figures.balanced_accuracy > 0.9
    assert figures.macro_f1 > 0.9
    assert figures.folds == 5


def test_teach__same_for_any_number_of_threads() -> None:
    values, classes = clusters(80, groups=3)
    job = TeachJob(classes, 3, seed=7)

    assert teach(values, job, threads=1).head == teach(values, job, threads=3).head


def test_teach__a_ring_takes_curved_boundaries() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 2)).astype(np.float32)
    classes = ((values**2).sum(axis=1) > 1.4).astype(np.int64)

    figures = teach(values, TeachJob(classes, 2)).figures

    assert figures.kind is HeadKind.RBF
    assert figures.accuracy > 0.85


def test_teach__probabilities_tell_how_often_it_is_right() -> None:
    # Whoever says "90 %" of classes that overlap shall be right nine times in ten, though one class is rare.
    rng = np.random.default_rng(1)
    classes = (rng.random(2000) < 0.1).astype(np.int64)
    values = rng.normal(size=(2000, 8)).astype(np.float32)
    values[:, 0] += 1.5 * classes

    taught = teach(values, TeachJob(classes, 2))

    assert taught.figures.calibration_error < 0.05
    said = heads.from_bytes(taught.head).probabilities(values)
    assert said[:, 1].mean() == pytest.approx(0.1, abs=0.03)


def test_teach__unsure_labels_count_less() -> None:
    values, classes = clusters(200, groups=2, spread=0.5)
    wrong = np.arange(0, 200, 3)
    labels = classes.copy()
    labels[wrong] = 1 - labels[wrong]
    confidences = np.ones(200)
    confidences[wrong] = 0.01

    head = heads.from_bytes(teach(values, TeachJob(labels, 2, confidences)).head)

    assert (head.probabilities(values).argmax(axis=1) == classes).mean() > 0.95


def test_teach__few_of_a_class_make_fewer_folds() -> None:
    values, classes = clusters(60, groups=2)
    few = np.concatenate([np.flatnonzero(classes == 0), np.flatnonzero(classes == 1)[:3]])

    assert teach(values[few], TeachJob(classes[few], 2)).figures.folds == 3


def test_teach__equal_vectors() -> None:
    with pytest.raises(FeaturesAllEqual, match="nothing to tell them apart"):
        teach(np.ones((20, 4), np.float32), TeachJob(np.arange(20) % 2, 2))


def test_teach__more_than_is_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teaching, "MOST_TAUGHT", 100)
    monkeypatch.setattr(teaching, "MOST_COMPARED", 50)
    values, classes = clusters(400, groups=2)

    figures = teach(values, TeachJob(classes, 2)).figures

    assert 95 <= figures.confusion.sum() <= 105
    assert figures.kind is HeadKind.LINEAR
