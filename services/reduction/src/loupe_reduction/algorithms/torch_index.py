"""Nearest neighbours on a GPU: every pair is compared, by products of matrices. The only part that needs torch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from loupe_reduction.algorithms.neighbours import BuildIndex

BLOCK_BYTES = 1 << 28
"""Of the distances that are on the device at the same time, for each search."""


class TorchIndex:
    """Vectors on a device; see `loupe_reduction.algorithms.neighbours.Index`.

    Args:
        values: array (M, D), float32, C order, M >= 1, D small (tens).
        device: where torch computes: `cuda`, `cpu`.
    """

    def __init__(self, values: NDArray[np.float32], device: str) -> None:
        # Products of numbers far from zero would lose the digits that tell neighbours apart.
        self._centre = values.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._values = torch.from_numpy(values - self._centre).to(device)
        self._squares = (self._values * self._values).sum(dim=1)
        self._device = device

    def search(self, queries: NDArray[np.float32], count: int, /) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Returns the squared distances of the nearest, ascending, and their rows: arrays (N, count).

        Where there are fewer than `count` vectors the rows at the end are -1.
        """
        total = len(self._values)
        kept = min(count, total)
        squared = np.full((len(queries), count), np.inf, np.float32)
        rows = np.full((len(queries), count), -1, np.int64)
        step = max(1, BLOCK_BYTES // (4 * total))
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            squared[part, :kept], rows[part, :kept] = self._nearest(queries[part], kept)
        return squared, rows

    def _nearest(self, queries: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        wanted = torch.from_numpy(queries - self._centre).to(self._device)
        # The squares of the queries are the same for all candidates: left out, they do not blur the order.
        found = torch.addmm(self._squares, wanted, self._values.T, alpha=-2).topk(count, largest=False).indices
        # By name first: so equal distances come in the same order whatever the device made of them.
        found = found.sort(dim=1).values
        # Products lose digits where points lie close; the few that were found are measured anew.
        exact = ((self._values[found] - wanted[:, None]) ** 2).sum(dim=2)
        exact, order = exact.sort(dim=1, stable=True)
        return exact.cpu().numpy(), found.gather(1, order).cpu().numpy()


def index_on_gpu() -> BuildIndex | None:
    """Returns what makes indices on the GPU of this machine; None where torch sees none."""
    if not torch.cuda.is_available():
        return None
    return lambda values, _: TorchIndex(values, "cuda")
