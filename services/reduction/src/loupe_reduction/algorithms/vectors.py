"""Vectors that are read in parts, so that those of a million images need not be in memory together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.jobs import SpooledFeatures

MAPPED = 256
"""Vectors read through one mapping of a file: its pages, and those beside them, count as memory of this process until
it goes."""


class Vectors(Protocol):
    """N vectors of D numbers, float32: an array, or something that is read like one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Returns (N, D)."""
        ...

    def __len__(self) -> int:
        """Returns N."""
        ...

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> NDArray[np.float32]:
        """Returns some of the vectors: array (M, D), float32."""
        ...


@dataclass(frozen=True, eq=False)
class StoredVectors:
    """Vectors of a spool, in the order of the request."""

    features: SpooledFeatures

    @property
    def shape(self) -> tuple[int, ...]:
        """Returns (N, D)."""
        return len(self), self.features.dimension

    def __len__(self) -> int:
        """Returns N."""
        return len(self.features.order)

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> NDArray[np.float32]:
        """Returns some of the vectors: array (M, D), float32, C order."""
        order = self.features.order[rows]
        found = np.empty((len(order), self.features.dimension), np.float32)
        for start in range(0, len(order), MAPPED):
            part = slice(start, start + MAPPED)
            stored = np.memmap(self.features.path, dtype="<f4", mode="r").reshape(-1, self.features.dimension)
            found[part] = stored[order[part]]
        return found


@dataclass(frozen=True, eq=False)
class PreparedVectors:
    """Some rows of other vectors, made ready for a computation while they are read."""

    values: Vectors

    rows: NDArray[np.int64] | None = None
    """Array (N,), int64: which of them; None: all."""

    scale: float = 1.0
    """They are divided by this first."""

    is_unit: bool = False
    """Whether they are brought to length 1 then."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Returns (N, D)."""
        return len(self), self.values.shape[1]

    def __len__(self) -> int:
        """Returns N."""
        return len(self.values) if self.rows is None else len(self.rows)

    def __getitem__(self, rows: slice | NDArray[np.int64], /) -> NDArray[np.float32]:
        """Returns some of the vectors: array (M, D), float32."""
        found = self.values[rows if self.rows is None else self.rows[rows]]
        if self.scale != 1.0:
            found = (found / self.scale).astype(np.float32)
        return unit_rows(found) if self.is_unit else found


def unit_rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the vectors with length 1: array (N, D), float32. Vectors of zeros stay zero."""
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values, dtype=np.float64))[:, None]
    return (values / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
