"""Whether a group of images is like a reference, by how often chance alone would make it as odd as it is."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from loupe_project.domain.chance import tail
from loupe_project.domain.traits import Trait, TraitFound, Usual, compare

ALARM = 0.005
"""Chance below which a group is conspicuous: one quiet group in two hundred is, by mistake."""

UNLIKE = 0.01
UNSURE = 0.05
RETRAIN_SHARE = 0.1
"""Share of unlike images from which training again is advised."""

MIN_IMAGES = 10
"""Smaller groups are not judged: a single odd image would alarm."""


class Verdict(StrEnum):
    """How far a group is from the reference."""

    QUIET = "QUIET"
    LOOK = "LOOK"
    RETRAIN = "RETRAIN"


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of an image that was compared with the reference."""

    image_id: str
    score: float
    """Share of the reference that is nearer to its neighbours than this image is to its own, in [0, 1]."""
    day: str
    """As in 2026-11-22."""
    confidence: float | None
    is_right: bool | None
    """Whether prediction and label agree; None where one of them is missing."""
    traits: Mapping[Trait, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a group is compared with."""

    count: int
    """Images, at least 1."""
    confidences: tuple[float, ...]
    """Of those with a prediction, ascending."""
    right: int
    """Labelled images that the prediction agrees with."""
    wrong: int
    """Those that it does not agree with."""
    traits: Mapping[Trait, Usual] = field(default_factory=dict)
    """Where its traits lie."""

    @property
    def most_unlike(self) -> int:
        """How many of its own images are called unlike the others."""
        return max(1, math.floor(UNLIKE * self.count))

    @property
    def unlike_score(self) -> float:
        """Images with this score or a higher one are unlike the reference."""
        return (self.count - self.most_unlike + 1) / self.count - 1e-9

    @property
    def most_unsure(self) -> int:
        """How many of its own predictions are called unsure."""
        return max(1, math.floor(UNSURE * len(self.confidences)))


@dataclass(frozen=True, slots=True)
class Group:
    """A group of images beside the reference."""

    value: str
    verdict: Verdict
    count: int
    unlike_share: float
    unsure_share: float
    wrong_share: float
    labelled: int
    chance: float
    """Probability that chance alone makes a group as conspicuous."""
    is_unlike: bool
    """Whether its share of unlike images is conspicuous by itself."""
    traits: tuple[TraitFound, ...] = ()

    @property
    def conspicuous_traits(self) -> tuple[TraitFound, ...]:
        """Traits that are conspicuous by themselves."""
        return tuple(one for one in self.traits if one.is_conspicuous)


def judge(value: str, images: Sequence[Judged], reference: Reference) -> Group:
    """Compare a group with the reference.

    Were the group of the same kind, each of its images would be equally likely to take any place among those of the
    reference: how many stand out is then distributed beta-binomially, however small the reference is.

    Args:
        value: Of the group.
        images: Its images, at least one; none of the reference.
        reference: What it is compared with.
    """
    count = len(images)
    unlike = sum(1 for one in images if one.score >= reference.unlike_score)
    unsure, sure_of = _unsure(images, reference)
    verdicts = [one.is_right for one in images if one.is_right is not None]
    wrong = verdicts.count(False)
    rest = reference.count + 1 - reference.most_unlike
    chances = [tail(unlike, count, reference.most_unlike, rest)]
    if sure_of and reference.confidences:
        chances.append(
            tail(unsure, sure_of, reference.most_unsure, len(reference.confidences) + 1 - reference.most_unsure)
        )
    if verdicts and reference.right + reference.wrong:
        chances.append(tail(wrong, len(verdicts), reference.wrong + 1, reference.right + 1))
    traits = compare((one.traits for one in images), reference.traits)
    chances += [one.chance for one in traits]
    # Several looks find something sooner by chance: each counts for as many.
    looks = len(chances)
    chance = min(1.0, min(chances) * looks) if count >= MIN_IMAGES else 1.0
    share = unlike / count
    is_unlike = count >= MIN_IMAGES and chances[0] * looks < ALARM
    verdict = Verdict.QUIET
    if chance < ALARM:
        verdict = Verdict.RETRAIN if is_unlike and share >= RETRAIN_SHARE else Verdict.LOOK
    return Group(
        value=value,
        verdict=verdict,
        count=count,
        unlike_share=share,
        unsure_share=unsure / sure_of if sure_of else 0.0,
        wrong_share=wrong / len(verdicts) if verdicts else 0.0,
        labelled=len(verdicts),
        chance=chance,
        is_unlike=is_unlike,
        traits=tuple(replace(one, is_conspicuous=count >= MIN_IMAGES and one.chance * looks < ALARM) for one in traits),
    )


def _unsure(images: Iterable[Judged], reference: Reference) -> tuple[int, int]:
    given = [one.confidence for one in images if one.confidence is not None]
    if not reference.confidences:
        return 0, len(given)
    least = reference.confidences[reference.most_unsure - 1]
    return sum(1 for one in given if one < least), len(given)
