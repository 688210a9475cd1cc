"""Whether a group of images is like a reference, by how often chance alone would make it as odd as it is."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

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
    # Several looks find something sooner by chance: each counts for as many.
    chance = min(1.0, min(chances) * len(chances)) if count >= MIN_IMAGES else 1.0
    share = unlike / count
    is_unlike = chances[0] * len(chances) < ALARM
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
    )


def _unsure(images: Iterable[Judged], reference: Reference) -> tuple[int, int]:
    given = [one.confidence for one in images if one.confidence is not None]
    if not reference.confidences:
        return 0, len(given)
    least = reference.confidences[reference.most_unsure - 1]
    return sum(1 for one in given if one < least), len(given)


def tail(least: int, count: int, hits: float, misses: float) -> float:
    """Probability of `least` or more hits in `count` tries, where the rate is Beta(hits, misses) distributed.

    Args:
        least: 0 to `count`.
        count: Tries.
        hits: Above 0.
        misses: Above 0.
    """
    if least <= 0:
        return 1.0
    log = math.lgamma(count + 1) - math.lgamma(least + 1) - math.lgamma(count - least + 1)
    log += _log_beta(least + hits, count - least + misses) - _log_beta(hits, misses)
    term = math.exp(log)
    total = term
    for number in range(least, count):
        term *= (count - number) * (number + hits) / ((number + 1) * (count - number - 1 + misses))
        total += term
        if term < total * 1e-12 and number > least:
            break
    return min(1.0, total)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def sentence(group: Group, where: str) -> str:
    """What a group is, for people who read English.

    Args:
        group: The group.
        where: How it is called, as in "line L3".
    """
    if group.verdict is Verdict.QUIET:
        return f"{where}: {group.count} images, nothing unusual."
    parts = [f"{group.unlike_share:.0%} of {group.count} images are unlike anything in the reference"]
    if group.unsure_share > UNSURE:
        parts.append(f"{group.unsure_share:.0%} are unsure")
    if group.wrong_share > 0:
        parts.append(f"{group.wrong_share:.0%} of {group.labelled} labelled ones were called wrongly")
    advice = "retraining advised, the oddest first" if group.verdict is Verdict.RETRAIN else "look at them"
    return f"{where}: {', '.join(parts)}; {advice}."


def sentence_ko(group: Group, where: str) -> str:
    """What a group is, for people who read Korean; see `sentence`."""
    if group.verdict is Verdict.QUIET:
        return f"{where}: 이미지 {group.count}장, 특이 사항 없음."
    parts = [f"이미지 {group.count}장 중 {group.unlike_share:.0%}가 기준과 전혀 다름"]
    if group.unsure_share > UNSURE:
        parts.append(f"{group.unsure_share:.0%}는 확신이 낮음")
    if group.wrong_share > 0:
        parts.append(f"라벨이 있는 {group.labelled}장 중 {group.wrong_share:.0%}가 오판정")
    advice = "재학습 권장, 가장 특이한 것부터" if group.verdict is Verdict.RETRAIN else "확인 필요"
    return f"{where}: {', '.join(parts)}; {advice}."
