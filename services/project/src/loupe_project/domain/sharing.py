"""Sharing out images among the parts of a split.

Images that belong together are one group, however long the chain of what ties them: the components of a graph. Groups
go, the largest first, to the part that lacks most of what they hold: the greedy rule of longest processing time (Graham
1969), with the shares of each stratum and of the whole as loads, as scikit-learn's StratifiedGroupKFold does.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loupe_project.domain.split import Part


@dataclass(frozen=True, slots=True)
class Shared:
    """Where N images went."""

    parts: tuple[Part, ...]
    """N parts, in the order of the images."""
    groups: tuple[tuple[int, ...], ...]
    """Places of the images of each group of two or more."""


def share_out(
    checksums: Sequence[str],
    strata: Sequence[str],
    ties: Iterable[Sequence[int]],
    fractions: Mapping[Part, float],
    seed: int,
) -> Shared:
    """Share out images; the same images, in whatever order, and the same seed give the same parts.

    Args:
        checksums: Of N images, each once: what chance is drawn from, so that it depends neither on ids nor on order.
        strata: N texts; each part gets its share of each.
        ties: Places of images that must not be torn apart, any number of such lists.
        fractions: Share of each part, together 1.
        seed: Another one gives another split.
    """
    groups = _groups(len(checksums), ties)
    keys = [min(_drawn(seed, checksums[place]) for place in group) for group in groups]
    order = sorted(range(len(groups)), key=lambda number: (-len(groups[number]), keys[number]))
    sizes = Counter(strata)
    lacking = {
        part: {stratum: share * size for stratum, size in sizes.items()} for part, share in fractions.items() if share
    }
    lacking_in_all = {part: fractions[part] * len(checksums) for part in lacking}
    parts: dict[int, Part] = {}
    for number in order:
        holds = Counter(strata[place] for place in groups[number])
        part = _neediest(holds, lacking, lacking_in_all)
        for stratum, count in holds.items():
            lacking[part][stratum] -= count
        lacking_in_all[part] -= len(groups[number])
        parts |= dict.fromkeys(groups[number], part)
    return Shared(
        tuple(parts[place] for place in range(len(checksums))), tuple(tuple(one) for one in groups if len(one) > 1)
    )


def _neediest(
    holds: Mapping[str, int], lacking: Mapping[Part, Mapping[str, float]], lacking_in_all: Mapping[Part, float]
) -> Part:
    """The part in which the squared distance to what it should have falls most."""
    size = sum(holds.values())

    def need(part: Part) -> float:
        by_stratum = sum(count * lacking[part][stratum] for stratum, count in holds.items())
        # Of many small strata each would be rounded to the largest part, and the others would stay empty.
        return by_stratum + size * lacking_in_all[part] / len(lacking[part])

    return max(lacking, key=need)


def _drawn(seed: int, checksum: str) -> bytes:
    return hashlib.sha256(f"{seed} {checksum}".encode()).digest()


def _groups(count: int, ties: Iterable[Sequence[int]]) -> list[list[int]]:
    leaders = list(range(count))

    def leader(place: int) -> int:
        while leaders[place] != place:
            leaders[place] = leaders[leaders[place]]
            place = leaders[place]
        return place

    for tied in ties:
        for place in tied[1:]:
            first, second = leader(tied[0]), leader(place)
            leaders[max(first, second)] = min(first, second)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(count):
        groups[leader(place)].append(place)
    return list(groups.values())
