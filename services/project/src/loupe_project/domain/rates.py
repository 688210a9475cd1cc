"""Shares that say how far they can be trusted, and what good and bad parts give."""

from dataclasses import dataclass
from math import sqrt

_Z = 1.959963984540054
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with what it was counted from."""

    count: int
    total: int

    @property
    def value(self) -> float:
        """Count ÷ total, in [0, 1]; 0 where nothing was counted."""
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval after Wilson, within [0, 1]; all of it where nothing was counted.

        Unlike the usual one it does not shrink to nothing at 0 % and 100 %: 0 of 10 may still be 28 %.
        """
        if not self.total:
            return 0.0, 1.0
        spread = _Z * _Z / self.total
        middle = (self.value + spread / 2) / (1 + spread)
        half = _Z * sqrt(self.value * (1 - self.value) / self.total + spread / (4 * self.total)) / (1 + spread)
        # At the ends the interval touches them exactly; rounding must not move it away.
        low = 0.0 if self.count == 0 else max(0.0, middle - half)
        high = 1.0 if self.count == self.total else min(1.0, middle + half)
        return low, high


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    """Images by what they are and what was said of them."""

    images: int = 0
    """All that match."""
    verified: int = 0
    """With a label."""
    known: int = 0
    """With a label and a prediction: those that the four counts below make up."""
    true_ok: int = 0
    true_ng: int = 0
    overkills: int = 0
    """Good parts that were predicted NG."""
    escapes: int = 0
    """Bad parts that were predicted OK."""

    def __add__(self, other: "VerdictCounts") -> "VerdictCounts":
        """Counts of both."""
        return VerdictCounts(
            self.images + other.images,
            self.verified + other.verified,
            self.known + other.known,
            self.true_ok + other.true_ok,
            self.true_ng + other.true_ng,
            self.overkills + other.overkills,
            self.escapes + other.escapes,
        )

    @property
    def overkill(self) -> Rate:
        """Good parts that were predicted NG, of all good parts."""
        return Rate(self.overkills, self.overkills + self.true_ok)

    @property
    def escape(self) -> Rate:
        """Bad parts that were predicted OK, of all bad parts."""
        return Rate(self.escapes, self.escapes + self.true_ng)


def f1(precision: Rate, recall: Rate) -> float:
    """Harmonic mean of precision and recall, in [0, 1]."""
    both = precision.value + recall.value
    return 2 * precision.value * recall.value / both if both else 0.0
