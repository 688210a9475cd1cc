"""Where vectors along their main directions lie on a map: the steps of each method, and landmarks for very many.

Letters in shapes: M vectors, P main directions, C coordinates, E points of early pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.algorithms.affinities import affinities
from loupe_reduction.algorithms.early import Show, no_show
from loupe_reduction.algorithms.fuzzy_graph import fuzzy_graph
from loupe_reduction.algorithms.layout import optimise_layout
from loupe_reduction.algorithms.neighbours import BuildIndex, Neighbours, find_neighbours, nearest_among
from loupe_reduction.algorithms.pacmap import EXTRA_CANDIDATES, near_partners, optimise_pacmap
from loupe_reduction.algorithms.placing import place_among
from loupe_reduction.algorithms.tsne import optimise_tsne
from loupe_reduction.domain.progress import Phase, PhaseReporter
from loupe_reduction.domain.recipe import PacmapParameters, Recipe, TsneParameters, UmapParameters

SMALLEST_LAYOUT = 5
"""Fewer different vectors than this are shown along their main directions: there is nothing to be laid out."""

INITIAL_SPREAD = 10.0
"""Largest coordinate of the places from which UMAP begins."""

JITTER = 1e-4
"""Relative noise on those places: points that begin on one spot could not part."""

Short = NDArray[np.float32]
"""Array (M, P), float32: vectors along their main directions."""

Places = NDArray[np.float32]
"""Array (M, C), float32."""


@dataclass(frozen=True)
class Layout:
    """Lays vectors out by a recipe."""

    recipe: Recipe
    """Filled in."""

    threads: int

    phases: PhaseReporter

    build: BuildIndex
    """Makes the indices in which neighbours are searched."""

    def places(self, small: Short, show: Show = no_show) -> Places:
        """Returns the places of all vectors, each laid out by the method.

        Args:
            small: the vectors.
            show: shown their places as they move.
        """
        start = self._start(small)
        if len(small) < SMALLEST_LAYOUT:
            return start
        show(start)
        parameters = self.recipe.parameters
        if isinstance(parameters, TsneParameters):
            return self._tsne(small, start, parameters, show)
        if isinstance(parameters, PacmapParameters):
            return self._pacmap(small, start, parameters, show)
        if isinstance(parameters, UmapParameters):
            return self._umap(small, start, parameters, show)
        raise TypeError("the method lays nothing out")

    def places_by_landmarks(self, small: Short, shown: NDArray[np.int64], show: Show = no_show) -> Places:
        """Returns the places of very many vectors: the method lays some out, the others are placed among them.

        Args:
            small: the vectors.
            shown: array (E,), int64: those that are shown.
            show: shown their places, array (E, C), as they move: each at its nearest landmark.
        """
        seed, threads = self.recipe.seed, self.threads
        rows = drawn(len(small), self.recipe.landmarks, seed)
        landmarks = small[rows]
        near = nearest_among(landmarks, small[shown], 1, seed=seed, threads=threads, build=self.build).indices[:, 0]
        own_places = self.places(landmarks, lambda places: show(places[near]))
        tell = self.phases.within(Phase.PLACING)
        places = place_among(landmarks, own_places, small, seed=seed, threads=threads, progress=tell, build=self.build)
        places[rows] = own_places
        return places

    def _tsne(self, small: Short, start: Places, parameters: TsneParameters, show: Show) -> Places:
        near = self._neighbours(small, int(3 * parameters.perplexity))
        return optimise_tsne(
            affinities(near, parameters.perplexity),
            start,
            iterations=parameters.iterations,
            early_exaggeration=parameters.early_exaggeration,
            threads=self.threads,
            progress=self.phases.within(Phase.LAYOUT),
            show=show,
        )

    def _pacmap(self, small: Short, start: Places, parameters: PacmapParameters, show: Show) -> Places:
        wanted = _filled_in(parameters.neighbours)
        near = self._neighbours(small, wanted + EXTRA_CANDIDATES)
        return optimise_pacmap(
            small,
            near_partners(near, wanted),
            start,
            iterations=parameters.iterations,
            seed=self.recipe.seed,
            threads=self.threads,
            progress=self.phases.within(Phase.LAYOUT),
            show=show,
        )

    def _umap(self, small: Short, start: Places, parameters: UmapParameters, show: Show) -> Places:
        near = self._neighbours(small, parameters.neighbours)
        return optimise_layout(
            fuzzy_graph(near),
            start,
            epochs=_filled_in(parameters.epochs),
            negative_samples=parameters.negative_samples,
            seed=self.recipe.seed,
            threads=self.threads,
            progress=self.phases.within(Phase.LAYOUT),
            show=show,
        )

    def _neighbours(self, small: Short, neighbours: int) -> Neighbours:
        tell = self.phases.within(Phase.NEIGHBOURS)
        wanted = max(1, min(neighbours, len(small) - 1))
        seed, threads = self.recipe.seed, self.threads
        return find_neighbours(small, wanted, seed=seed, threads=threads, progress=tell, build=self.build)

    def _start(self, small: Short) -> Places:
        start = widened(small, self.recipe.dimensions)
        start *= np.float32(INITIAL_SPREAD / (float(np.abs(start).max()) or 1.0))
        noise = np.random.default_rng(self.recipe.seed).normal(size=start.shape) * INITIAL_SPREAD * JITTER
        return (start + noise).astype(np.float32)


def drawn(count: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """Returns `wanted` of `count` rows, drawn at random: array, int64, ascending."""
    return np.sort(np.random.default_rng(seed).choice(count, wanted, replace=False))


def widened(coordinates: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """Returns the first `dimensions` columns, with columns of zeros where there are fewer."""
    wide = np.zeros((len(coordinates), dimensions), np.float32)
    width = min(dimensions, coordinates.shape[1])
    wide[:, :width] = coordinates[:, :width]
    return wide


def _filled_in(value: int | None) -> int:
    if value is None:
        raise TypeError("the recipe was not filled in")
    return value
