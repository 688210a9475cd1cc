"""Compiles all kernels once, so that nobody waits for it later."""

from __future__ import annotations

import numpy as np

from loupe_reduction.algorithms import tsne
from loupe_reduction.algorithms.affinities import affinities
from loupe_reduction.algorithms.neighbours import find_neighbours
from loupe_reduction.algorithms.projection import project
from loupe_reduction.domain.recipe import Method, PacmapParameters, Recipe, TsneParameters, UmapParameters


def warm_kernels() -> None:
    """Runs every kernel on a few points; the machine code lands in NUMBA_CACHE_DIR."""
    values = np.random.default_rng(0).normal(size=(32, 8)).astype(np.float32)
    for recipe in (
        Recipe(Method.UMAP, 2, UmapParameters(epochs=10)),
        Recipe(Method.TSNE, 2, TsneParameters(iterations=50)),
        Recipe(Method.PACMAP, 2, PacmapParameters(iterations=50)),
    ):
        project(values, recipe, threads=1, report=lambda _: None)
    # Trees are used for many points only; build one over these few.
    ties = affinities(find_neighbours(values, 9), 3.0)
    tsne.optimise_tsne(ties, values[:, :2].copy(), iterations=1, exact_up_to=0)
