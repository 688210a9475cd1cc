"""Spreads work over threads without letting their number change the result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
Progress = Callable[[float], None]
"""Takes the share of the work that is done, in [0, 1]."""


def no_progress(fraction: float) -> None:
    """Ignores how far the work is; the default of every long function."""


def share_of(progress: Progress, start: float, end: float) -> Progress:
    """Returns a progress function whose [0, 1] is [start, end] of `progress`."""
    return lambda fraction: progress(start + (end - start) * fraction)


def chunk_pool(threads: int) -> ThreadPoolExecutor:
    """Returns the threads for `map_chunks`; close it after use."""
    return ThreadPoolExecutor(threads, thread_name_prefix="loupe-chunk")


def map_chunks(
    work: Callable[[int, int], Result],
    count: int,
    chunk: int,
    pool: ThreadPoolExecutor,
    progress: Progress = no_progress,
) -> list[Result]:
    """Calls `work(start, end)` for each chunk of `range(count)`, several at a time.

    The cuts depend on `count` and `chunk` alone, so results do not depend on the number of threads. The work should
    release the interpreter lock, as NumPy products, faiss searches and the compiled kernels do.

    Args:
        work: gets the half-open range of one chunk.
        count: number of items, at least 0.
        chunk: items a chunk, at least 1; the last one may be shorter.
        pool: runs the chunks; a single one runs in the calling thread.
        progress: told after each chunk, by the calling thread.

    Returns:
        The results in the order of the chunks.
    """
    bounds = [(start, min(start + chunk, count)) for start in range(0, count, chunk)]
    if len(bounds) < 2:
        return [work(start, end) for start, end in bounds]
    results: list[Result] = []
    for (_, end), result in zip(bounds, pool.map(lambda bound: work(*bound), bounds), strict=True):
        results.append(result)
        progress(end / count)
    return results
