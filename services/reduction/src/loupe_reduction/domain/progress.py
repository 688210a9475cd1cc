"""How far a piece of work is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class Phase(Enum):
    """The steps of the work, in the order in which they come."""

    QUEUED = "QUEUED"
    LOADING_FEATURES = "LOADING_FEATURES"
    PRINCIPAL_COMPONENTS = "PRINCIPAL_COMPONENTS"
    NEIGHBOURS = "NEIGHBOURS"
    LAYOUT = "LAYOUT"
    PLACING = "PLACING"
    CURATION = "CURATION"
    TEACHING = "TEACHING"
    QUALITY = "QUALITY"


@dataclass(frozen=True, eq=False)
class EarlyPicture:
    """Where some points of a map are while they still move."""

    rows: NDArray[np.int64]
    """Array (E,), int64: which points."""

    coordinates: NDArray[np.float32]
    """Array (E, C), float32: centred on the origin."""

    def of_rows(self, rows: NDArray[np.int64]) -> EarlyPicture:
        """Returns the same picture with its points counted as `rows`, array (N,), int64, counts them."""
        return replace(self, rows=rows[self.rows])


@dataclass(frozen=True)
class Progress:
    """What is being done, and how much of the whole is done."""

    phase: Phase

    fraction: float
    """Share of the whole work, in [0, 1]."""

    queue_position: int = 0
    """Place in the queue, 1 is next; 0 when not waiting."""

    picture: EarlyPicture | None = None
    """A new early picture, if there is one."""

    def of_rows(self, rows: NDArray[np.int64]) -> Progress:
        """Returns the same with the points of the picture counted as `rows` counts them."""
        return self if self.picture is None else replace(self, picture=self.picture.of_rows(rows))


Report = Callable[[Progress], None]
"""Is told how far the work is."""

LOADING_SHARE = 0.15
"""Share of the whole work that reading the vectors counts for."""


class PhaseReporter:
    """Turns the fractions of single phases into one that never falls.

    Args:
        report: is told about the whole.
        weights: for each phase its share of the whole, in order; they should add up to 1.
        start: fraction of the whole that was done before the first phase.
    """

    def __init__(self, report: Report, weights: dict[Phase, float], start: float = LOADING_SHARE) -> None:
        self._report = report
        self._spans: dict[Phase, tuple[float, float]] = {}
        self._last = Progress(Phase.LOADING_FEATURES, start)
        for phase, weight in weights.items():
            end = start + weight * (1.0 - LOADING_SHARE)
            self._spans[phase] = (start, end)
            start = end

    def within(self, phase: Phase) -> Callable[[float], None]:
        """Returns a function that takes the share of this phase that is done, in [0, 1]."""
        low, high = self._spans[phase]

        def tell(fraction: float) -> None:
            self._last = Progress(phase, min(1.0, low + (high - low) * fraction))
            self._report(self._last)

        tell(0.0)
        return tell

    def show(self, picture: EarlyPicture) -> None:
        """Tells of an early picture."""
        self._report(replace(self._last, picture=picture))
