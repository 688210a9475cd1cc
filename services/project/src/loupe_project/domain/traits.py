"""How images look, whatever they show: brightness, contrast, sharpness, size, against what is usual in a reference."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from loupe_project.domain.chance import tail

_EDGE = 0.01
"""Share of a reference that lies below what is usual in it, and as much above."""
_LEAST = 10
"""Fewer values say nothing about what is usual."""


class Trait(StrEnum):
    """What is measured; the values are fields of queries."""

    BRIGHTNESS = "brightness"
    CONTRAST = "contrast"
    SHARPNESS = "sharpness"
    WIDTH = "width"
    HEIGHT = "height"


@dataclass(frozen=True, slots=True)
class Usual:
    """Where the values of a reference lie."""

    count: int
    """Images of the reference that have the trait."""
    low: float
    """One in a hundred of them has less, about."""
    high: float
    """One in a hundred of them has more, about."""

    @property
    def edge(self) -> int:
        """How many of the reference lie beyond each end, the end itself with them; at least 1."""
        return max(1, math.floor(_EDGE * self.count))


@dataclass(frozen=True, slots=True)
class TraitFound:
    """One trait of a group of images."""

    trait: Trait
    count: int
    """Images of the group that have it."""
    median: float
    low: float
    """What is usual in the reference: from here…"""
    high: float
    """…to here."""
    below_share: float
    above_share: float
    chance: float
    """Probability that so many lie outside by chance alone."""
    is_conspicuous: bool = False


def usual(images: Sequence[Mapping[Trait, float]]) -> dict[Trait, Usual]:
    """Where the traits of a reference lie; those that fewer than ten of its images have are left out."""
    found = {}
    for trait in Trait:
        values = sorted(one[trait] for one in images if trait in one)
        if len(values) >= _LEAST:
            edge = Usual(len(values), 0.0, 0.0).edge
            found[trait] = Usual(len(values), values[edge - 1], values[-edge])
    return found


def compare(images: Iterable[Mapping[Trait, float]], reference: Mapping[Trait, Usual]) -> list[TraitFound]:
    """The traits of a group beside those of a reference.

    Were the group of the same kind, each value would be equally likely to take any place among those of the reference:
    how many lie outside is then distributed beta-binomially. Values that are the same, as widths mostly are, count as
    inside.
    """
    known = list(images)
    found = []
    for trait, where in reference.items():
        values = sorted(one[trait] for one in known if trait in one)
        if not values:
            continue
        below = sum(1 for one in values if one < where.low)
        above = sum(1 for one in values if one > where.high)
        outside = 2 * where.edge
        found.append(
            TraitFound(
                trait=trait,
                count=len(values),
                median=values[len(values) // 2],
                low=where.low,
                high=where.high,
                below_share=below / len(values),
                above_share=above / len(values),
                chance=tail(below + above, len(values), outside, where.count + 1 - outside),
            )
        )
    return found
