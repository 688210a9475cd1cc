"""t-distributed stochastic neighbour embedding, repeatable on any number of threads.

van der Maaten, Hinton: "Visualizing data using t-SNE", JMLR 9, 2008. Start and step length follow Kobak, Berens:
"The art of using t-SNE for single-cell transcriptomics", Nature Communications 10, 2019, and Belkina et al.:
"Automated optimized parameters for t-SNE", Nature Communications 10, 2019.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from loupe_reduction.algorithms.early import Show, no_show
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, map_chunks, no_progress
from loupe_reduction.algorithms.steps import AXES
from loupe_reduction.algorithms.tsne_kernel import pull, push_exact, push_tree
from loupe_reduction.algorithms.tsne_tree import build_tree

EXACT_UP_TO = 3000
"""Number of points up to which all pairs are looked at: that is quicker than building trees, and exact."""

EARLY_ITERATIONS = 200
"""Steps with strengthened pull."""

CHUNK = 256


def optimise_tsne(
    ties: sparse.csr_matrix,
    start: NDArray[np.float32],
    *,
    iterations: int,
    early_exaggeration: float = 12.0,
    threads: int = 1,
    progress: Progress = no_progress,
    exact_up_to: int = EXACT_UP_TO,
    show: Show = no_show,
) -> NDArray[np.float32]:
    """Returns the places of the points that fit their ties best.

    Args:
        ties: symmetric sparse matrix (N, N), float32, entries adding up to 1; see `affinities`.
        start: array (N, C), float32: the places to begin from; only their shape matters, not their size.
        iterations: steps after the early ones.
        early_exaggeration: factor of the pull in the early steps.
        threads: points moved at the same time.
        progress: told after each step.
        exact_up_to: number of points up to which no tree is used.
        show: shown the places after each step.

    Returns:
        Array (N, C), float32, centred.
    """
    positions = _small(start)
    with chunk_pool(threads) as pool:
        descent = _Descent(ties, start.shape[1], pool, exact=len(start) <= exact_up_to)
        steps = EARLY_ITERATIONS + iterations
        for step in range(steps):
            early = step < EARLY_ITERATIONS
            exaggeration = early_exaggeration if early else 1.0
            if step == EARLY_ITERATIONS:
                descent.forget()
            positions = descent.step(positions, exaggeration, momentum=0.5 if early else 0.8)
            progress((step + 1) / steps)
            show(positions)
    return np.ascontiguousarray(positions[:, : start.shape[1]])


def _small(start: NDArray[np.float32]) -> NDArray[np.float32]:
    positions = np.zeros((len(start), AXES), np.float32)
    positions[:, : start.shape[1]] = start - start.mean(axis=0)
    spread = float(positions[:, 0].std()) or 1.0
    positions *= np.float32(1e-4 / spread)
    return positions


class _Descent:
    """Gradient descent with momentum and a gain for each coordinate."""

    def __init__(self, ties: sparse.csr_matrix, dimensions: int, pool: ThreadPoolExecutor, *, exact: bool) -> None:
        self._rows = ties.indptr.astype(np.int64)
        self._columns = ties.indices.astype(np.int32)
        self._weights = ties.data.astype(np.float32)
        self._count = len(self._rows) - 1
        self._dimensions = dimensions
        self._pool = pool
        self._exact = exact
        self._pull = np.zeros((self._count, AXES), np.float32)
        self._push = np.zeros((self._count, AXES), np.float32)
        self._order = np.arange(self._count)
        self.forget()

    def forget(self) -> None:
        """Starts again without momentum."""
        self._velocity = np.zeros((self._count, AXES), np.float32)
        self._gains = np.ones((self._count, AXES), np.float32)

    def step(self, positions: NDArray[np.float32], exaggeration: float, momentum: float) -> NDArray[np.float32]:
        """Returns the positions, array (N, 3), float32, after one step."""
        self._pull_all(positions)
        total = self._push_all(positions)
        force = np.float32(exaggeration) * self._pull + self._push / np.float32(max(total, 1e-12))
        # Gains grow where the direction holds and shrink where it flips.
        holds = np.sign(force) == np.sign(self._velocity)
        self._gains = np.maximum(np.where(holds, self._gains + np.float32(0.2), self._gains * np.float32(0.8)), 0.01)
        rate = np.float32(self._count / exaggeration)
        self._velocity = np.float32(momentum) * self._velocity + rate * self._gains * force
        moved: NDArray[np.float32] = positions + self._velocity
        centre: NDArray[np.float32] = moved.mean(axis=0, dtype=np.float64).astype(np.float32)
        return moved - centre

    def _pull_all(self, positions: NDArray[np.float32]) -> None:
        arrays = (positions, self._rows, self._columns, self._weights, self._pull)
        map_chunks(lambda first, last: pull(first, last, *arrays), self._count, CHUNK, self._pool)

    def _push_all(self, positions: NDArray[np.float32]) -> float:
        if self._exact:
            axes = [np.ascontiguousarray(positions[:, axis]) for axis in range(AXES)]
            return sum(
                map_chunks(
                    lambda first, last: push_exact(first, last, axes[0], axes[1], axes[2], self._push),
                    self._count,
                    CHUNK,
                    self._pool,
                )
            )
        tree = build_tree(positions, self._order, self._dimensions)
        self._order = tree.order
        return sum(
            map_chunks(lambda first, last: push_tree(first, last, tree, self._push), self._count, CHUNK, self._pool)
        )
