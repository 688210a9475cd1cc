"""Moves points until those that are tied together lie together.

The forces are UMAP's (McInnes, Healy, Melville, arXiv:1802.03426, section 3.2) for the curve 1 / (1 + d^2). The
schedule is our own: in each pass every point moves by itself against the positions of the pass before (two buffers),
and each random choice is a hash of seed, pass, point and draw. So points can be moved on any number of threads, in
any order, with the same result, and the work can be stopped between two passes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from loupe_reduction.algorithms.early import Show, no_show
from loupe_reduction.algorithms.layout_kernel import Step, Ties, move_points
from loupe_reduction.algorithms.parallel import Progress, chunk_pool, no_progress
from loupe_reduction.algorithms.steps import Places, move_in_steps


def optimise_layout(
    graph: sparse.csr_matrix,
    start: NDArray[np.float32],
    *,
    epochs: int,
    negative_samples: int = 5,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = no_progress,
    show: Show = no_show,
) -> NDArray[np.float32]:
    """Returns the positions after `epochs` passes.

    Args:
        graph: symmetric sparse matrix (N, N), float32, weights in (0, 1]; see `fuzzy_graph`.
        start: array (N, C), float32: where the points begin, spread over about [-10, 10].
        epochs: number of passes, at least 1.
        negative_samples: random points pushed away from for each tie that pulls.
        seed: any number in [0, 2^64).
        threads: points moved at the same time.
        progress: told after each pass.
        show: shown the places after each pass.

    Returns:
        Array (N, C), float32.
    """
    ties = Ties(graph.indptr.astype(np.int64), graph.indices.astype(np.int32), _chances(graph))

    def move(epoch: int, first: int, last: int, old: Places, new: Places) -> None:
        step = Step(np.float32(1.0 - epoch / epochs), epoch, negative_samples, np.uint64(seed))
        move_points(first, last, old, new, ties, step)

    with chunk_pool(threads) as pool:
        return move_in_steps(start, epochs, move, pool=pool, progress=progress, show=show)


def _chances(graph: sparse.csr_matrix) -> NDArray[np.uint64]:
    """Returns how often each tie pulls: in every pass for the strongest, in every other one for half its weight."""
    strongest = float(graph.data.max(initial=0.0)) or 1.0
    chances: NDArray[np.float64] = graph.data.astype(np.float64) / strongest * 2**32
    return np.minimum(chances, 2**32 - 1).astype(np.uint64)
