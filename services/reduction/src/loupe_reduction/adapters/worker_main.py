"""What runs in a worker process: the only part of the service that imports the numeric libraries."""

from __future__ import annotations

import time
from collections.abc import Callable

import faiss

from loupe_reduction.algorithms.jobs import carry_out
from loupe_reduction.algorithms.neighbours import BuildIndex, build_cells
from loupe_reduction.domain.jobs import Result, WorkOrder
from loupe_reduction.domain.progress import Phase, Progress

QUIET_S = 0.05
"""Progress within one phase is not told more often than this, in seconds."""


def run(order: WorkOrder, tell: Callable[[Progress], None]) -> Result:
    """Carries out a job; the target of `loupe_kit.child.ChildProcess`."""
    # Threads are ours alone (`algorithms.parallel`): with those of the libraries, results depend on their number.
    faiss.omp_set_num_threads(1)
    build = _index_on_gpu() if order.gpu else build_cells
    return carry_out(order.job, order.features, threads=order.threads, report=_calm(tell), build=build)


def warm(_: None, __: Callable[[object], None]) -> None:
    """Compiles the kernels; the target of a process of its own."""
    from loupe_reduction.algorithms.warm import warm_kernels

    faiss.omp_set_num_threads(1)
    warm_kernels()


def _index_on_gpu() -> BuildIndex:
    # Loaded here: torch takes seconds to import, and images for processors have none.
    from loupe_reduction.algorithms.torch_index import index_on_gpu

    return index_on_gpu() or build_cells


def _calm(tell: Callable[[Progress], None]) -> Callable[[Progress], None]:
    told_at, told_phase = 0.0, Phase.QUEUED

    def report(progress: Progress) -> None:
        nonlocal told_at, told_phase
        now = time.monotonic()
        if progress.picture is not None or progress.phase is not told_phase or now - told_at >= QUIET_S:
            told_at, told_phase = now, progress.phase
            tell(progress)

    return report
