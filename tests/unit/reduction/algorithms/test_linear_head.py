from __future__ import annotations

import numpy as np
import pytest

from loupe_reduction.algorithms import linear_head
from loupe_reduction.algorithms.linear_head import fit_head
from loupe_reduction.algorithms.vectors import unit_rows
from tests.unit.reduction.arrays import clusters


def test_fit_head__sure_of_what_it_was_taught_and_not_of_what_lies_between() -> None:
    values, labels = clusters(300, groups=3, spread=0.2)
    between = np.stack([values[labels == 0].mean(axis=0) + values[labels == 1].mean(axis=0)]) / 2

    head = fit_head(values, labels)

    assert np.median(head.margins(values, 1)) > 0.5
    assert head.margins(between.astype(np.float32), 1)[0] < np.quantile(head.margins(values, 1), 0.05)


def test_fit_head__rare_class_weighs_as_much() -> None:
    values, labels = clusters(300, groups=2, spread=0.3)
    rare = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:3]])

    head = fit_head(values[rare], labels[rare])

    said = ((values - head.centre) / head.spread @ head.weights + head.bias).argmax(axis=1)
    assert (said == labels).mean() > 0.95


def test_fit_head__same_result_whatever_the_order_of_class_numbers() -> None:
    values, labels = clusters(120, groups=2)
    unit = unit_rows(values)

    first, other = fit_head(unit, labels).margins(unit, 1), fit_head(unit, 7 - labels).margins(unit, 2)

    assert first == pytest.approx(other, abs=1e-3)


def test_fit_head__many_labels_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear_head, "MOST_TAUGHT", 50)
    values, labels = clusters(400, groups=2, spread=0.2)

    first, again = (fit_head(values, labels, seed=3).weights for _ in range(2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, fit_head(values, labels, seed=4).weights)
