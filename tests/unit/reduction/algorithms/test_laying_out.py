from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loupe_reduction.algorithms.laying_out import Layout, drawn
from loupe_reduction.algorithms.neighbours import build_cells
from loupe_reduction.algorithms.placing import place
from loupe_reduction.algorithms.projection import LANDMARK_WEIGHTS, project
from loupe_reduction.domain import reducers
from loupe_reduction.domain.progress import Phase, PhaseReporter, Progress
from loupe_reduction.domain.recipe import (
    LANDMARKS,
    LANDMARKS_ABOVE,
    PARAMETERS_OF,
    Method,
    Recipe,
    UmapParameters,
    fill_recipe,
)
from tests.unit.reduction.arrays import clusters, purity

LAYOUTS = [method for method in Method if method is not Method.PCA]
NOTHING = np.empty(0, np.int64)


def _layout(method: Method, landmarks: int, threads: int = 1, told: list[Progress] | None = None) -> Layout:
    recipe = fill_recipe(Recipe(method, 2, PARAMETERS_OF[method](), seed=5), landmarks)
    phases = PhaseReporter((told if told is not None else []).append, LANDMARK_WEIGHTS)
    return Layout(replace(recipe, landmarks=landmarks), threads, phases, build_cells)


@pytest.mark.parametrize("method", LAYOUTS)
def test_places_by_landmarks__others_lie_among_their_own_kind(method: Method) -> None:
    small, labels = clusters(1200, dimension=12)

    places = _layout(method, 400).places_by_landmarks(small, NOTHING)

    assert places.shape == (1200, 2)
    assert purity(places, labels) > 0.95


def test_places_by_landmarks__the_method_lays_the_landmarks_out() -> None:
    small, _ = clusters(900, dimension=12)
    rows = drawn(900, 300, seed=5)

    places = _layout(Method.UMAP, 300).places_by_landmarks(small, NOTHING)

    assert np.array_equal(places[rows], _layout(Method.UMAP, 300).places(small[rows]))


@pytest.mark.parametrize("method", LAYOUTS)
def test_places_by_landmarks__same_on_any_number_of_threads(method: Method) -> None:
    # More vectors than one chunk of placing has.
    small, _ = clusters(5000, dimension=6)

    one, three = (_layout(method, 300, threads).places_by_landmarks(small, NOTHING) for threads in (1, 3))

    assert np.array_equal(one, three)


def test_places_by_landmarks__early_points_are_shown_at_their_nearest_landmark() -> None:
    small, _ = clusters(600, dimension=12)
    rows = drawn(600, 200, seed=5)
    other = np.setdiff1d(np.arange(600), rows)[:1]
    nearest = ((small[rows] - small[other]) ** 2).sum(axis=1).argmin()
    shown: list[np.ndarray] = []

    _layout(Method.UMAP, 200).places_by_landmarks(
        small, np.concatenate([rows[:3], rows[[nearest]], other]), lambda places: shown.append(places.copy())
    )

    assert len(shown) > 100
    assert all(len(places) == 5 for places in shown)
    assert all(np.array_equal(places[3], places[4]) for places in shown)
    assert len(np.unique(shown[-1][:3], axis=0)) == 3


def test_places_by_landmarks__tells_of_every_phase() -> None:
    small, _ = clusters(600, dimension=12)
    told: list[Progress] = []

    _layout(Method.UMAP, 200, told=told).places_by_landmarks(small, NOTHING)

    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert [*dict.fromkeys(progress.phase for progress in told)] == [Phase.NEIGHBOURS, Phase.LAYOUT, Phase.PLACING]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_project__very_many_points() -> None:
    values, labels = clusters(LANDMARKS_ABOVE + 5_000, dimension=16)
    # Copies do not count: they are laid out once.
    values[-4_000:] = values[0]
    recipe = Recipe(Method.UMAP, 2, UmapParameters(epochs=50))
    early = np.arange(0, 1000, 10)
    told: list[Progress] = []

    made = project(values, recipe, threads=2, report=told.append, early=early)

    assert made.recipe.landmarks == LANDMARKS
    assert made.quality.trustworthiness > 0.8
    assert purity(made.coordinates[:2000], labels[:2000]) > 0.95
    assert (made.coordinates[-4_000:] == made.coordinates[0]).all()
    pictures = [progress.picture for progress in told if progress.picture is not None]
    assert pictures
    assert all(np.array_equal(picture.rows, early) for picture in pictures)
    reducer = reducers.from_bytes(made.reducer)
    assert len(reducer.anchors) == LANDMARKS
    # Every image of the map lands on itself, whether it was a landmark or placed among them.
    placed = place(values[:500], reducer, threads=2)
    assert placed == pytest.approx(made.coordinates[:500], abs=1e-3 * float(np.abs(made.coordinates).max()))
