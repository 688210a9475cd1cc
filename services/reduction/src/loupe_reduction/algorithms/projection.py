"""From vectors to a map: the steps of each method, in order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.affinities import affinities
from loupe_reduction.algorithms.cosine import unit_rows
from loupe_reduction.algorithms.distinct import distinct_rows
from loupe_reduction.algorithms.early import EarlyPictures, Show, no_show
from loupe_reduction.algorithms.fuzzy_graph import fuzzy_graph
from loupe_reduction.algorithms.layout import optimise_layout
from loupe_reduction.algorithms.neighbours import Neighbours, find_neighbours
from loupe_reduction.algorithms.pacmap import EXTRA_CANDIDATES, near_partners, optimise_pacmap
from loupe_reduction.algorithms.parallel import share_of
from loupe_reduction.algorithms.pca import Pca, apply_pca, fit_pca
from loupe_reduction.algorithms.quality import measure_quality
from loupe_reduction.algorithms.scaling import tamed
from loupe_reduction.algorithms.tsne import optimise_tsne
from loupe_reduction.domain.errors import FeaturesAllEqual
from loupe_reduction.domain.jobs import Projection, Quality
from loupe_reduction.domain.progress import Phase, PhaseReporter, Report
from loupe_reduction.domain.recipe import (
    Method,
    Metric,
    PacmapParameters,
    Recipe,
    TsneParameters,
    UmapParameters,
    fill_recipe,
)
from loupe_reduction.domain.reducers import MAX_ANCHORS, Reducer

REDUCED = 50
"""Main directions in which neighbours are searched."""

SMALLEST_LAYOUT = 5
"""Fewer different vectors than this are shown along their main directions: there is nothing to be laid out."""

INITIAL_SPREAD = 10.0
"""Largest coordinate of the places from which UMAP begins."""

JITTER = 1e-4
"""Relative noise on those places: points that begin on one spot could not part."""

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


def project(
    values: NDArray[np.float32],
    recipe: Recipe,
    *,
    threads: int,
    report: Report,
    early: NDArray[np.int64] | None = None,
) -> Projection:
    """Fits a map.

    Equal vectors are laid out once and share their place. The map depends on the vectors, their order and the recipe
    alone, not on the number of threads.

    Args:
        values: array (N, D), float32, C order, finite, N >= 10.
        recipe: checked with `check_recipe`.
        threads: threads to use, at least 1.
        report: told how far the work is.
        early: array (E,), int64: points of early pictures; None: there are none.

    Raises:
        FeaturesAllEqual: there is only one different vector.
    """
    phases = PhaseReporter(report, WEIGHTS[recipe.method])
    values, scale = tamed(values)
    first, inverse = distinct_rows(values)
    if first.size == 1:
        raise FeaturesAllEqual(
            f"All {len(values)} vectors are the same, so there is nothing to tell the images apart. "
            "Check the model or the upload that the features come from.",
            count=str(len(values)),
        )
    recipe = fill_recipe(recipe, first.size)
    explained: tuple[float, ...] = ()
    if recipe.method is Method.PCA:
        coordinates, explained, reducer = _main_directions(values, recipe, scale, threads, phases)
        placed = _finite(coordinates.astype(np.float64) * scale)
    else:
        show: Show = no_show
        if early is not None:
            show = EarlyPictures(phases.show, early, inverse[early], recipe.dimensions)
        distinct = values if first.size == len(values) else values[first]
        if getattr(recipe.parameters, "metric", Metric.EUCLIDEAN) is Metric.COSINE:
            # Straight-line distances between unit vectors rank like the angles between them.
            distinct = unit_rows(distinct)
        small, pca = reduced(distinct, seed=recipe.seed, threads=threads, phases=phases)
        places = _lay_out(small, recipe, threads, phases, show)
        placed = places[inverse]
        centre: NDArray[np.float32] = placed.mean(axis=0, dtype=np.float64).astype(np.float32)
        placed = placed - centre
        reducer = _reducer(pca, small, places - centre, recipe, scale)
    tell = phases.within(Phase.QUALITY)
    quality = measure_quality(values, placed, seed=recipe.seed, threads=threads, progress=tell)
    return Projection(placed, recipe, _with_variance(quality, explained), reducer.to_bytes())


def _reducer(
    pca: Pca, small: NDArray[np.float32], places: NDArray[np.float32], recipe: Recipe, scale: float
) -> Reducer:
    """Returns what places other images: the points of the map, or a random part of many."""
    if len(small) > MAX_ANCHORS:
        rows = np.sort(np.random.default_rng(recipe.seed).choice(len(small), MAX_ANCHORS, replace=False))
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
    values: NDArray[np.float32], recipe: Recipe, scale: float, threads: int, phases: PhaseReporter
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


def widened(coordinates: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Returns the first `dimensions` columns, with columns of zeros where there are fewer."""
    wide = np.zeros((len(coordinates), dimensions), np.float32)
    width = min(dimensions, coordinates.shape[1])
    wide[:, :width] = coordinates[:, :width]
    return wide


def reduced(
    values: NDArray[np.float32], *, seed: int, threads: int, phases: PhaseReporter, components: int = REDUCED
) -> tuple[NDArray[np.float32], Pca]:
    """Returns the vectors along their main directions, array (N, P), float32, and the directions."""
    tell = phases.within(Phase.PRINCIPAL_COMPONENTS)
    pca = fit_pca(values, components, seed=seed, threads=threads, progress=share_of(tell, 0.0, 0.8))
    return apply_pca(pca, values, threads=threads, progress=share_of(tell, 0.8, 1.0)), pca


def _lay_out(
    small: NDArray[np.float32], recipe: Recipe, threads: int, phases: PhaseReporter, show: Show
) -> NDArray[np.float32]:
    parameters = recipe.parameters
    start = _start(small, recipe)
    if len(small) < SMALLEST_LAYOUT:
        return start
    show(start)
    if isinstance(parameters, TsneParameters):
        near = _neighbours(small, int(3 * parameters.perplexity), recipe, threads, phases)
        return optimise_tsne(
            affinities(near, parameters.perplexity),
            start,
            iterations=parameters.iterations,
            early_exaggeration=parameters.early_exaggeration,
            threads=threads,
            progress=phases.within(Phase.LAYOUT),
            show=show,
        )
    if isinstance(parameters, PacmapParameters) and parameters.neighbours is not None:
        near = _neighbours(small, parameters.neighbours + EXTRA_CANDIDATES, recipe, threads, phases)
        return optimise_pacmap(
            small,
            near_partners(near, parameters.neighbours),
            start,
            iterations=parameters.iterations,
            seed=recipe.seed,
            threads=threads,
            progress=phases.within(Phase.LAYOUT),
            show=show,
        )
    if not isinstance(parameters, UmapParameters) or parameters.epochs is None:
        raise TypeError("the recipe was not filled in")
    near = _neighbours(small, parameters.neighbours, recipe, threads, phases)
    return optimise_layout(
        fuzzy_graph(near),
        start,
        epochs=parameters.epochs,
        negative_samples=parameters.negative_samples,
        seed=recipe.seed,
        threads=threads,
        progress=phases.within(Phase.LAYOUT),
        show=show,
    )


def _neighbours(
    small: NDArray[np.float32], neighbours: int, recipe: Recipe, threads: int, phases: PhaseReporter
) -> Neighbours:
    tell = phases.within(Phase.NEIGHBOURS)
    wanted = max(1, min(neighbours, len(small) - 1))
    return find_neighbours(small, wanted, seed=recipe.seed, threads=threads, progress=tell)


def _start(small: NDArray[np.float32], recipe: Recipe) -> NDArray[np.float32]:
    start = widened(small, recipe.dimensions)
    start *= np.float32(INITIAL_SPREAD / (float(np.abs(start).max()) or 1.0))
    noise = np.random.default_rng(recipe.seed).normal(size=start.shape) * INITIAL_SPREAD * JITTER
    return (start + noise).astype(np.float32)
