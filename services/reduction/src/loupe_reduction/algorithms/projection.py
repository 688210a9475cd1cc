"""From vectors to a map: the steps of each method, in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.distinct import distinct_rows
from loupe_reduction.algorithms.early import EarlyPictures
from loupe_reduction.algorithms.laying_out import Layout, drawn, widened
from loupe_reduction.algorithms.neighbours import BuildIndex, build_cells
from loupe_reduction.algorithms.parallel import share_of
from loupe_reduction.algorithms.pca import Pca, apply_pca, fit_pca
from loupe_reduction.algorithms.quality import measure_quality
from loupe_reduction.algorithms.scaling import taming_scale
from loupe_reduction.algorithms.vectors import PreparedVectors, Vectors
from loupe_reduction.domain.errors import FeaturesAllEqual
from loupe_reduction.domain.jobs import Projection, Quality
from loupe_reduction.domain.progress import Phase, PhaseReporter, Report
from loupe_reduction.domain.recipe import (
    Method,
    Metric,
    Recipe,
    fill_recipe,
)
from loupe_reduction.domain.reducers import MAX_ANCHORS, Reducer

REDUCED = 50
"""Main directions in which neighbours are searched."""

PCA_SAMPLE = 100_000
"""Rows that METHOD_PCA looks at."""

WEIGHTS = {
    Method.PCA: {Phase.PRINCIPAL_COMPONENTS: 0.7, Phase.QUALITY: 0.3},
    Method.TSNE: {
        Phase.PRINCIPAL_COMPONENTS: 0.06,
        Phase.NEIGHBOURS: 0.09,
        Phase.LAYOUT: 0.8,
        Phase.QUALITY: 0.05,
    },
    Method.UMAP: {
        Phase.PRINCIPAL_COMPONENTS: 0.2,
        Phase.NEIGHBOURS: 0.2,
        Phase.LAYOUT: 0.45,
        Phase.QUALITY: 0.15,
    },
    Method.PACMAP: {
        Phase.PRINCIPAL_COMPONENTS: 0.1,
        Phase.NEIGHBOURS: 0.2,
        Phase.LAYOUT: 0.6,
        Phase.QUALITY: 0.1,
    },
}
"""About how much of the time each phase takes."""


LANDMARK_WEIGHTS = {
    Phase.PRINCIPAL_COMPONENTS: 0.25,
    Phase.NEIGHBOURS: 0.05,
    Phase.LAYOUT: 0.3,
    Phase.PLACING: 0.35,
    Phase.QUALITY: 0.05,
}
"""So where landmarks are laid out and the others placed among them."""


def project(
    values: Vectors,
    recipe: Recipe,
    *,
    threads: int,
    report: Report,
    early: NDArray[np.int64] | None = None,
    build: BuildIndex = build_cells,
) -> Projection:
    """Fits a map.

    Equal vectors are laid out once and share their place. The map depends on the vectors, their order, the recipe and
    the kind of index alone, not on the number of threads.

    Args:
        values: N vectors of D finite numbers, N >= 10; read several times, in parts.
        recipe: checked with `check_recipe`.
        threads: threads to use, at least 1.
        report: told how far the work is.
        early: array (E,), int64: points of early pictures; None: there are none.
        build: makes the indices in which neighbours are searched.

    Raises:
        FeaturesAllEqual: there is only one different vector.
    """
    scale = taming_scale(values, threads=threads)
    values = PreparedVectors(values, scale=scale)
    first, inverse = distinct_rows(values, threads=threads)
    if first.size == 1:
        raise FeaturesAllEqual(
            f"All {len(values)} vectors are the same, so there is nothing to tell the images apart. "
            "Check the model or the upload that the features come from.",
            count=str(len(values)),
        )
    recipe = fill_recipe(recipe, first.size)
    phases = PhaseReporter(report, LANDMARK_WEIGHTS if recipe.landmarks else WEIGHTS[recipe.method])
    explained: tuple[float, ...] = ()
    if recipe.method is Method.PCA:
        coordinates, explained, reducer = _main_directions(values, recipe, scale, threads, phases)
        placed = _finite(coordinates.astype(np.float64) * scale)
    else:
        # Straight-line distances between unit vectors rank like the angles between them.
        is_unit = getattr(recipe.parameters, "metric", Metric.EUCLIDEAN) is Metric.COSINE
        distinct = PreparedVectors(values, None if first.size == len(values) else first, is_unit=is_unit)
        small, pca = reduced(distinct, seed=recipe.seed, threads=threads, phases=phases)
        places = _lay_out(small, Layout(recipe, threads, phases, build), inverse, early)
        placed = places[inverse]
        centre: NDArray[np.float32] = placed.mean(axis=0, dtype=np.float64).astype(np.float32)
        placed -= centre
        reducer = _reducer(pca, small, places - centre, recipe, scale)
    tell = phases.within(Phase.QUALITY)
    quality = measure_quality(values, placed, seed=recipe.seed, threads=threads, progress=tell)
    return Projection(placed, recipe, _with_variance(quality, explained), reducer.to_bytes())


def _lay_out(
    small: NDArray[np.float32], layout: Layout, inverse: NDArray[np.int64], early: NDArray[np.int64] | None
) -> NDArray[np.float32]:
    """Returns the places of the different vectors; `inverse` says which of them each image has."""
    rows = np.empty(0, np.int64) if early is None else early
    dimensions, vectors = layout.recipe.dimensions, inverse[rows]
    if layout.recipe.landmarks:
        show = EarlyPictures(layout.phases.show, rows, np.arange(rows.size), dimensions)
        return layout.places_by_landmarks(small, vectors, show)
    return layout.places(small, EarlyPictures(layout.phases.show, rows, vectors, dimensions))


def _reducer(
    pca: Pca, small: NDArray[np.float32], places: NDArray[np.float32], recipe: Recipe, scale: float
) -> Reducer:
    """Returns what places other images: the points of the map, or a random part of many: the landmarks, if any."""
    if len(small) > MAX_ANCHORS:
        rows = drawn(len(small), MAX_ANCHORS, recipe.seed)
        small, places = small[rows], places[rows]
    is_unit = getattr(recipe.parameters, "metric", Metric.EUCLIDEAN) is Metric.COSINE
    centre = np.zeros(recipe.dimensions, np.float32)
    return Reducer(scale, is_unit, pca.mean, _directions(pca), centre, small, places)


def _directions(pca: Pca) -> NDArray[np.float32]:
    return np.ascontiguousarray((pca.components / pca.scale).T)


def _finite(coordinates: NDArray[np.float64]) -> NDArray[np.float32]:
    limit = float(np.finfo(np.float32).max)
    return np.clip(coordinates, -limit, limit).astype(np.float32)


def _with_variance(quality: Quality, explained: tuple[float, ...]) -> Quality:
    return Quality(
        quality.trustworthiness, quality.neighbour_preservation, quality.neighbours, quality.sample_size, explained
    )


def _main_directions(
    values: Vectors, recipe: Recipe, scale: float, threads: int, phases: PhaseReporter
) -> tuple[NDArray[np.float32], tuple[float, ...], Reducer]:
    tell = phases.within(Phase.PRINCIPAL_COMPONENTS)
    unit_variance = bool(getattr(recipe.parameters, "unit_variance", False))
    pca = fit_pca(
        values,
        recipe.dimensions,
        sample=PCA_SAMPLE,
        unit_variance=unit_variance,
        seed=recipe.seed,
        threads=threads,
        progress=share_of(tell, 0.0, 0.8),
    )
    coordinates = apply_pca(pca, values, threads=threads, progress=share_of(tell, 0.8, 1.0))
    centre: NDArray[np.float32] = coordinates.mean(axis=0, dtype=np.float64).astype(np.float32)
    coordinates -= centre
    explained = [float(ratio) for ratio in pca.explained_variance_ratio]
    # Vectors shorter than the map has dimensions leave the last ones flat.
    explained += [0.0] * (recipe.dimensions - len(explained))
    nothing = np.zeros((0, coordinates.shape[1]), np.float32)
    places = np.zeros((0, recipe.dimensions), np.float32)
    wide_centre = widened(centre[None], recipe.dimensions)[0]
    reducer = Reducer(scale, False, pca.mean, _directions(pca), wide_centre, nothing, places)
    return widened(coordinates, recipe.dimensions), tuple(explained), reducer


def reduced(
    values: Vectors, *, seed: int, threads: int, phases: PhaseReporter, components: int = REDUCED
) -> tuple[NDArray[np.float32], Pca]:
    """Returns the vectors along their main directions, array (N, P), float32, and the directions."""
    tell = phases.within(Phase.PRINCIPAL_COMPONENTS)
    pca = fit_pca(values, components, seed=seed, threads=threads, progress=share_of(tell, 0.0, 0.8))
    return apply_pca(pca, values, threads=threads, progress=share_of(tell, 0.8, 1.0)), pca
